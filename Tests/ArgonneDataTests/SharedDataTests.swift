import ArgonneData
import ArgonneTokenizer
import Foundation
import TestSupport
import Testing

/// Real FineWeb rows, against what Python counts (Golden/make_golden.py).
@Suite(.enabled(if: SharedData.folder != nil, "\(SharedData.missing)")) struct SharedDataTests {
    private struct Expected: Decodable {
        var rows: Int
        var characters: Int
        var dropped: [DropRule: Int]
        var documents: Int
        var tokens: Int
        var firstTokens: [Int32]
        var shards: [String]

        enum CodingKeys: String, CodingKey {
            case rows, characters, dropped, documents, tokens, shards
            case firstTokens = "first_tokens"
        }
    }

    private let folder: String
    private let expected: Expected
    private let tokenizer: Tokenizer

    init() throws {
        folder = try #require(SharedData.folder)
        expected = try JSONDecoder().decode(Expected.self, from: Golden.data("fineweb_mini.json"))
        tokenizer = try Tokenizer(directory: "\(folder)/qwen2.5-tokenizer")
    }

    @Test func oneEpochHasTheTokensThatPythonCounts() throws {
        var configuration = CorpusConfiguration(sources: [DataSource(patterns: ["\(folder)/fineweb-mini"])])
        configuration.shuffleWindow = 0
        configuration.epochs = 1
        let loader = try BatchLoader(configuration, tokenizer: tokenizer, shape: BatchShape(rows: 4, sequenceLength: 4096))
        let batches = try loader.allBatches()
        #expect(Array(batches[0].tokens.prefix(4097)) == expected.firstTokens)
        #expect(batches.reduce(0) { $0 + $1.targetCount } == expected.tokens - 1)
        let counts = loader.position.counts
        #expect(counts.rows == expected.rows)
        #expect(counts.documents == expected.documents)
        #expect(counts.tokens == expected.tokens)
        #expect(counts.dropped == expected.dropped)
    }

    @Test func inspectionAgreesWithPython() throws {
        let shards = try Shard.list(matching: ["\(folder)/fineweb-mini/*.parquet"])
        #expect(shards.map { $0.path.split(separator: "/").last.map(String.init) } == expected.shards)
        var counts = DocumentCounts()
        var characters = 0
        for shard in shards {
            let inspection = try ShardInspection(of: shard, tokenizer: tokenizer)
            counts += inspection.counts
            characters += inspection.characters
            #expect(inspection.fields.first.map { "\($0.name): \($0.typeName)" } == "text: string")
            #expect(inspection.rowGroups.reduce(0) { $0 + $1.rows } == 732)
            #expect(inspection.samples.count == 3)
        }
        #expect(counts.tokens == expected.tokens)
        #expect(counts.dropped == expected.dropped)
        #expect(characters == expected.characters)
    }

    @Test func theArrowStreamIsRead() throws {
        let shard = try Shard(path: "\(folder)/fineweb-mini-arrow-000.arrow")
        let inspection = try ShardInspection(of: shard, tokenizer: .bytes)
        #expect(inspection.counts.rows == inspection.rowGroups.reduce(0) { $0 + $1.rows })
        #expect(inspection.counts.documents > 0)
    }

    @Test func scoresAreReadFromParquet() throws {
        var filters = DocumentFilters.argonne
        filters.minimumScore = 0.95
        let shard = try Shard(path: "\(folder)/fineweb-mini/000_00000.parquet")
        let inspection = try ShardInspection(
            of: shard, tokenizer: .bytes, layout: TextLayout(scoreColumn: "language_score"), filters: filters)
        #expect(try #require(inspection.counts.dropped[.score]) > 0)
        #expect(inspection.counts.documents > 100)
    }

    /// Preparing, resuming in the middle and shuffling on real shards.
    @Test func preparedRealShardsTrainAlike() throws {
        try withTemporaryDirectory { output in
            _ = try CorpusPreparation(of: ["\(folder)/fineweb-mini"], into: output, tokenizer: tokenizer).run()
            func loader(_ pattern: String, at position: DataPosition? = nil, workers: Int) throws -> BatchLoader {
                var configuration = CorpusConfiguration(sources: [DataSource(patterns: [pattern])])
                configuration.shuffleWindow = 500
                return try BatchLoader(
                    configuration, tokenizer: tokenizer, shape: BatchShape(rows: 4, sequenceLength: 1024), startingAt: position,
                    workers: workers)
            }
            let raw = try loader("\(folder)/fineweb-mini", workers: 2).batches(100)
            let resumed = try loader("\(folder)/fineweb-mini", at: raw[59].position, workers: 1).batches(40)
            #expect(resumed == Array(raw[60...]))
            let prepared = try loader(output, workers: 1)
            // The window is one of rows, and prepared shards have no rows for what the filters left out: the same documents, in another order.
            let tokens = try prepared.batches(100).reduce(0) { $0 + $1.targetCount }
            #expect(tokens == 100 * 4 * 1024)
        }
    }
}

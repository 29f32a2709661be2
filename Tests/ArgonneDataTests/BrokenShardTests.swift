import ArgonneData
import ArgonneTokenizer
import Foundation
import TestSupport
import Testing

@Suite struct BrokenShardTests {
    @Test func aMissingColumnNamesThoseThatAreThere() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeParquet("\(folder)/x.parquet", ["a"])
            try Data(#"{"id": 1, "body": "x"}"#.utf8).write(to: URL(fileURLWithPath: "\(folder)/y.jsonl"))
            var configuration = Corpora.configuration("\(folder)/x.parquet")
            configuration.layout.textColumn = "body"
            #expect(throws: DataError.missingColumn(path: "\(folder)/x.parquet", column: "body", found: "text")) {
                try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 1, sequenceLength: 8))
            }
            configuration = Corpora.configuration("\(folder)/y.jsonl")
            #expect(throws: DataError.missingColumn(path: "\(folder)/y.jsonl", column: "text", found: "id, body")) {
                try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 1, sequenceLength: 8)).next()
            }
        }
    }

    /// A truncated file, an empty one, one of another format and one cut inside an IPC message: each is named, the others are read.
    @Test func brokenShardsAreNamedAndSkipped() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 6, documents: 20)
            let whole = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/part-1.parquet"))
            try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: "\(folder)/part-1.parquet"))
            try Data().write(to: URL(fileURLWithPath: "\(folder)/part-2.parquet"))
            try Data("not a table".utf8).write(to: URL(fileURLWithPath: "\(folder)/part-4.parquet"))

            var configuration = Corpora.configuration(folder)
            configuration.epochs = 1
            let loader = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 2, sequenceLength: 32), workers: 2)
            var reports: [String] = []
            loader.report = { reports.append($0) }
            let batches = try loader.allBatches()
            #expect(Set(Corpora.numbers(in: batches)) == Set([0, 3, 5].flatMap { $0 * 20..<$0 * 20 + 20 }))
            #expect(reports.count == 3)
            #expect(zip(reports, [1, 2, 4]).allSatisfy { $0.hasPrefix("skipped \(folder)/part-\($1).parquet: cannot be read: ") })
            #expect(loader.position.counts.brokenShards == 3)
        }
    }

    @Test func aStreamCutShortGivesWhatIsThereAndIsNamed() throws {
        try withTemporaryDirectory { folder in
            let writer = try TextColumnWriter(
                path: "\(folder)/x.arrow", format: .arrowStream, compression: "uncompressed", rowsPerGroup: 10)
            for number in 0..<40 { try writer.append(Corpora.document(number)) }
            try writer.finish()
            let whole = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/x.arrow"))
            try whole.prefix(whole.count * 6 / 10).write(to: URL(fileURLWithPath: "\(folder)/x.arrow"))
            var configuration = Corpora.configuration(folder)
            configuration.epochs = 1
            let loader = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 1, sequenceLength: 64))
            let numbers = try Corpora.numbers(in: loader.allBatches())
            #expect(numbers.contains(9))
            #expect(!numbers.contains(39))
            #expect(loader.position.counts.brokenShards == 1)
        }
    }

    @Test func aCompressedFileCutShortIsNamed() throws {
        let golden = try #require(try JSONSerialization.jsonObject(with: Golden.data("jsonlines.json")) as? [String: Any])
        for (key, ending) in [("gzip", "gz"), ("zstd", "zst")] {
            let bytes = try #require((golden[key] as? String).flatMap { Data(base64Encoded: $0) })
            try withTemporaryDirectory { folder in
                try bytes.dropLast(20).write(to: URL(fileURLWithPath: "\(folder)/x.jsonl.\(ending)"))
                let shard = try Shard(path: "\(folder)/x.jsonl.\(ending)")
                let error = #expect(throws: DataError.self) { try ShardInspection(of: shard, tokenizer: .bytes) }
                #expect("\(try #require(error))".contains("cannot be read"))
            }
        }
    }

    @Test func fiveInARowAreAnError() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 12, documents: 5)
            for shard in [1, 2, 3, 4] + [6, 7, 8, 9, 10] {
                try Data("junk".utf8).write(to: URL(fileURLWithPath: "\(folder)/part-\(shard).parquet"))
            }
            let loader = try BatchLoader(Corpora.configuration(folder), tokenizer: .bytes, shape: BatchShape(rows: 1, sequenceLength: 16))
            var batches: [Batch] = []
            let error = #expect(throws: DataError.self) { while let batch = try loader.next() { batches.append(batch) } }
            guard case .brokenShards(let reasons) = error else { return #expect(Bool(false), "\(String(describing: error))") }
            #expect(reasons.count == 5)
            #expect(reasons.first?.contains("part-6.parquet") == true)
            #expect(Corpora.numbers(in: batches).contains(25))
        }
    }

    @Test func aCorpusOfWhichNothingIsLeftIsAnErrorAndNotALoop() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeParquet("\(folder)/x.parquet", [nil, "", "tiny"])
            var configuration = Corpora.configuration(folder, window: 10)
            configuration.filters.minimumTokens = 10
            let shape = BatchShape(rows: 1, sequenceLength: 16)
            let error = #expect(throws: DataError.self) { try BatchLoader(configuration, tokenizer: .bytes, shape: shape).next() }
            #expect("\(try #require(error))".contains("2 by empty, 1 by few_tokens"))

            try Corpora.writeParquet("\(folder)/x.parquet", ["short documents", "only, but some"])
            configuration.packing = .chunk
            let none = #expect(throws: DataError.self) {
                try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 1, sequenceLength: 64)).next()
            }
            #expect("\(try #require(none))".contains("fills a row of 65 tokens"))

            try Corpora.writeParquet("\(folder)/x.parquet", [])
            #expect(throws: DataError.self) { try BatchLoader(configuration, tokenizer: .bytes, shape: shape).next() }
        }
    }

    @Test func badSettingsAreRefused() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 1, documents: 5)
            func refuse(_ change: (inout CorpusConfiguration) -> Void, shape: BatchShape = BatchShape(rows: 1, sequenceLength: 8)) {
                var configuration = Corpora.configuration(folder)
                change(&configuration)
                #expect(throws: DataError.self) { try BatchLoader(configuration, tokenizer: .bytes, shape: shape) }
            }
            refuse { $0.sources = [] }
            refuse { $0.sources[0].weight = .nan }
            refuse { $0.sources.append($0.sources[0]) }
            refuse { $0.split.share = 1 }
            refuse { $0.shuffleWindow = -1 }
            refuse { $0.epochs = 0 }
            refuse { $0.filters.minimumScore = 0.5 }
            refuse({ _ in }, shape: BatchShape(rows: 0, sequenceLength: 8))
        }
    }
}

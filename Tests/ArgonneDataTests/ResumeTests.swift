import ArgonneData
import ArgonneTokenizer
import Foundation
import TestSupport
import Testing

/// A run must be able to say which tokens it saw, and a resumed run must see those that it would have seen.
@Suite struct ResumeTests {
    /// A way to read a corpus, with everything that has state.
    struct Variant: CustomTestStringConvertible, Sendable {
        var packing: PackingMode
        var window: Int
        var isMixture: Bool
        var testDescription: String { "\(packing.rawValue), window \(window)\(isMixture ? ", mixture" : "")" }

        static let all = PackingMode.allCases.flatMap { packing in
            [0, 7, 64, 1000].flatMap { window in [false, true].map { Variant(packing: packing, window: window, isMixture: $0) } }
        }

        func configuration(_ folder: String) throws -> CorpusConfiguration {
            try Corpora.writeShards(folder, shards: 3, documents: 30)
            try Data("broken".utf8).write(to: URL(fileURLWithPath: "\(folder)/part-1b.parquet"))
            var configuration = Corpora.configuration("\(folder)/*.parquet", window: window)
            if isMixture {
                let lines = (500..<530).map { #"{"text": "\#(Corpora.document($0))"}"# }
                try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: "\(folder)/more.jsonl"))
                configuration.sources[0].weight = 3
                configuration.sources.append(DataSource(name: "more", patterns: ["\(folder)/more.jsonl"], weight: 1))
            }
            configuration.packing = packing
            configuration.documentMask = true
            configuration.filters.minimumTokens = 40
            configuration.split = HeldOutSplit(share: 0.2, side: .training)
            configuration.seed = 11
            return configuration
        }
    }

    @Test(arguments: Variant.all)
    func everyBatchIsTheSameAfterAResumeAndUnderAnyWorkers(variant: Variant) throws {
        try withTemporaryDirectory { folder in
            let configuration = try variant.configuration(folder)
            let shape = BatchShape(rows: 2, sequenceLength: 48)
            // Enough for about three epochs, so that the order of shards changes in between.
            let count = variant.packing == .pack ? 240 : 180
            let whole = try BatchLoader(configuration, tokenizer: .bytes, shape: shape, workers: 1).batches(count)
            #expect(whole.count == count)
            #expect(try #require(whole.last).position.sources[0].epoch >= 1)
            #expect(try BatchLoader(configuration, tokenizer: .bytes, shape: shape, workers: 5).batches(count) == whole)

            for start in stride(from: 0, to: count - 3, by: 7) {
                let saved = try JSONDecoder().decode(DataPosition.self, from: JSONEncoder().encode(whole[start].position))
                #expect(saved == whole[start].position)
                let resumed = try BatchLoader(configuration, tokenizer: .bytes, shape: shape, startingAt: saved, workers: 1 + start % 4)
                #expect(try resumed.batches(3) == Array(whole[start + 1...start + 3]))
            }
        }
    }

    /// Rows come from one stream, so the batch's size is free to change: the rows that follow are the rows that would have followed.
    @Test(arguments: PackingMode.allCases)
    func noDocumentIsLostWhenTheNumberOfRanksChanges(packing: PackingMode) throws {
        try withTemporaryDirectory { folder in
            let configuration = try Variant(packing: packing, window: 16, isMixture: false).configuration(folder)
            func rows(_ batches: [Batch], ranks: Int) -> [[Int32]] {
                batches.flatMap { batch in
                    (0..<ranks).flatMap { rank -> [[Int32]] in
                        let part = batch.part(rank, of: ranks)
                        let width = part.shape.sequenceLength + 1
                        #expect(part.targets.count == part.shape.rows * part.shape.sequenceLength)
                        return (0..<part.shape.rows).map { Array(part.tokens[$0 * width..<($0 + 1) * width]) }
                    }
                }
            }
            let whole = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 8, sequenceLength: 40)).batches(6)
            let first = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 8, sequenceLength: 40)).batches(2)
            let second = try BatchLoader(
                configuration, tokenizer: .bytes, shape: BatchShape(rows: 4, sequenceLength: 40),
                startingAt: try #require(first.last).position
            ).batches(4)
            let third = try BatchLoader(
                configuration, tokenizer: .bytes, shape: BatchShape(rows: 2, sequenceLength: 40),
                startingAt: try #require(second.last).position
            ).batches(8)
            #expect(rows(whole, ranks: 8) == rows(first, ranks: 4) + rows(second, ranks: 4) + rows(third, ranks: 2))
        }
    }

    @Test(arguments: [0, 1, 13, 64, 500])
    func everyDocumentComesOnceAnEpoch(window: Int) throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 4, documents: 30)
            var configuration = Corpora.configuration(folder, window: window)
            configuration.epochs = 2
            configuration.packing = .pad
            let batches = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 1, sequenceLength: 400)).allBatches()
            let numbers = batches.flatMap { Corpora.numbers(in: $0.tokens) }
            let (first, second) = (Array(numbers.prefix(120)), Array(numbers.dropFirst(120)))
            #expect(first.sorted() == Array(0..<120))
            #expect(second.sorted() == Array(0..<120))
            #expect((first == Array(0..<120)) == (window == 0))
            #expect((first == second) == (window == 0))
            #expect(batches[119].position.epoch == 0)
            #expect(batches[120].position.epoch == 1)
        }
    }

    @Test func anotherSeedIsAnotherOrder() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 2, documents: 50)
            var configuration = Corpora.configuration(folder, window: 32)
            let shape = BatchShape(rows: 1, sequenceLength: 256)
            let first = try #require(try BatchLoader(configuration, tokenizer: .bytes, shape: shape).next())
            configuration.seed = 1
            let second = try #require(try BatchLoader(configuration, tokenizer: .bytes, shape: shape).next())
            #expect(first.tokens != second.tokens)
        }
    }

    @Test func aPositionOfAnotherCorpusIsRefused() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 2, documents: 20)
            let configuration = Corpora.configuration(folder, window: 8)
            let shape = BatchShape(rows: 1, sequenceLength: 32)
            let position = try #require(try BatchLoader(configuration, tokenizer: .bytes, shape: shape).next()).position

            func refuse(_ change: (inout CorpusConfiguration) -> Void) {
                var other = configuration
                change(&other)
                let error = #expect(throws: DataError.self) {
                    try BatchLoader(other, tokenizer: .bytes, shape: shape, startingAt: position)
                }
                guard case .otherCorpus = error else { return #expect(Bool(false), "\(String(describing: error))") }
            }
            refuse { $0.seed = 3 }
            refuse { $0.shuffleWindow = 9 }
            refuse { $0.filters.minimumTokens = 3 }
            refuse { $0.split.share = 0.1 }
            // How documents become rows is free to change.
            var other = configuration
            other.packing = .pad
            other.documentMask = true
            #expect(try BatchLoader(other, tokenizer: .bytes, shape: shape, startingAt: position).next() != nil)

            // The folder may move.
            try withTemporaryDirectory { elsewhere in
                for name in ["part-0.parquet", "part-1.parquet"] {
                    // Links, as the Hugging Face cache keeps its files.
                    try FileManager.default.createSymbolicLink(atPath: "\(elsewhere)/\(name)", withDestinationPath: "\(folder)/\(name)")
                }
                let moved = Corpora.configuration(elsewhere, window: 8)
                #expect(try BatchLoader(moved, tokenizer: .bytes, shape: shape, startingAt: position).next() != nil)
            }
            try Corpora.writeShards(folder, shards: 3, documents: 20)
            refuse { _ in }
        }
    }
}

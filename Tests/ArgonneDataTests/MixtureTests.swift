import ArgonneData
import ArgonneTokenizer
import Foundation
import TestSupport
import Testing

@Suite struct MixtureTests {
    private func corpus(_ folder: String) throws -> CorpusConfiguration {
        for (index, name) in ["web", "math", "code"].enumerated() {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            try Corpora.writeParquet("\(folder)/\(name)/0.parquet", (0..<60).map { Corpora.document(index * 1000 + $0) })
        }
        var configuration = CorpusConfiguration(
            sources: try DataSource.parse(["web=\(folder)/web:0.5", "math=\(folder)/math:0.3", "code=\(folder)/code:0.2"]))
        configuration.filters.minimumTokens = 0
        configuration.shuffleWindow = 16
        return configuration
    }

    @Test func sourcesGiveTheirSharesOfTheTokens() throws {
        try withTemporaryDirectory { folder in
            let loader = try BatchLoader(try corpus(folder), tokenizer: .bytes, shape: BatchShape(rows: 4, sequenceLength: 64))
            for batch in try loader.batches(400).suffix(300) {
                let tokens = batch.position.sources.map(\.tokens)
                let total = Double(tokens.reduce(0, +))
                for (tokens, share) in zip(tokens, [0.5, 0.3, 0.2]) { #expect(abs(Double(tokens) - share * total) < 600) }
            }
            #expect(loader.position.sources.map(\.name) == ["web", "math", "code"])
            // Each source goes round at its own pace.
            #expect(loader.position.sources[0].epoch > loader.position.sources[2].epoch)
        }
    }

    @Test func sourcesThatEndDropOut() throws {
        try withTemporaryDirectory { folder in
            var configuration = try corpus(folder)
            configuration.epochs = 1
            configuration.packing = .pad
            let batches = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 1, sequenceLength: 400)).allBatches()
            let numbers = batches.flatMap { Corpora.numbers(in: $0.tokens) }
            #expect(numbers.sorted() == (0..<3).flatMap { source in (0..<60).map { source * 1000 + $0 } })
        }
    }

    @Test func heldOutDocumentsAreNeverTrainedOn() throws {
        try withTemporaryDirectory { folder in
            var configuration = try corpus(folder)
            configuration.epochs = 1
            configuration.packing = .pad
            func numbers(_ side: HeldOutSplit.Side, seed: UInt64) throws -> Set<Int> {
                configuration.split = HeldOutSplit(share: 0.25, side: side)
                configuration.seed = seed
                let loader = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 3, sequenceLength: 400))
                return Set(try loader.allBatches().flatMap { Corpora.numbers(in: $0.tokens) })
            }
            let training = try numbers(.training, seed: 1), heldOut = try numbers(.heldOut, seed: 2)
            #expect(training.isDisjoint(with: heldOut))
            #expect(training.count + heldOut.count == 180)
            #expect((25...65).contains(heldOut.count))
            // A matter of the documents, not of the order in which they are met.
            #expect(try numbers(.heldOut, seed: 3) == heldOut)

            // What `evaluate --held-out` reads.
            var texts: [String] = []
            for shard in try Shard.list(matching: configuration.sources.flatMap(\.patterns)) {
                try shard.forEachText(split: HeldOutSplit(share: 0.25, side: .heldOut)) { texts += $0 }
            }
            #expect(texts == heldOut.sorted().map(Corpora.document))
        }
    }
}

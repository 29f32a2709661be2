import ArgonneData
import ArgonneTokenizer
import TestSupport
import Testing

@Suite struct PackingTests {
    /// Nothing may be lost or doubled but the one token that two rows share.
    @Test func packedRowsAreTheConcatenatedDocuments() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 3, documents: 50)
            var configuration = Corpora.configuration(folder)
            configuration.epochs = 1
            let loader = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 4, sequenceLength: 64), workers: 3)
            let batches = try loader.allBatches()

            var expected: [Int32] = []
            for number in 0..<150 { expected += [256] + Corpora.document(number).utf8.map(Int32.init) + [257] }
            var found: [Int32] = []
            for batch in batches {
                for row in 0..<4 {
                    let tokens = batch.tokens[row * 65..<(row + 1) * 65]
                    let targets = batch.targets[row * 64..<(row + 1) * 64].filter { $0 != Batch.ignoredLabel }
                    if targets.isEmpty { continue }
                    if found.isEmpty { found.append(tokens[row * 65]) }
                    #expect(tokens.first == found.last)
                    #expect(Array(tokens.dropFirst().prefix(targets.count)) == targets)
                    found += targets
                }
            }
            #expect(found == expected)
            #expect(batches.dropLast().allSatisfy { $0.labels == nil })
            #expect(loader.position.counts.documents == 150)
        }
    }
}

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
                    if found.isEmpty, let first = tokens.first { found.append(first) }
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

    /// The original's windows: T + 1 tokens every T tokens of a document, no tails, no short documents.
    @Test func chunksAreWindowsWithinADocument() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 2, documents: 40)
            var configuration = Corpora.configuration(folder)
            configuration.epochs = 1
            configuration.packing = .chunk
            let loader = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 1, sequenceLength: 50))
            var expected: [[Int32]] = []
            var lost = 0
            for number in 0..<80 {
                let tokens = [256] + Corpora.document(number).utf8.map(Int32.init) + [257]
                let starts = Array(stride(from: 0, through: tokens.count - 51, by: 50))
                expected += starts.map { Array(tokens[$0..<$0 + 51]) }
                lost += starts.last.map { tokens.count - $0 - 51 } ?? tokens.count
            }
            #expect(try loader.allBatches().map(\.tokens) == expected)
            // What a document leaves is known only when the next one is begun.
            #expect(try loader.next() == nil)
            #expect(lost - loader.position.counts.discardedTokens < 400)
        }
    }

    @Test func paddedRowsBeginDocumentsAndIgnoreTheirPadding() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeParquet("\(folder)/x.parquet", ["abc", "0123456789", "z"])
            var configuration = Corpora.configuration(folder)
            configuration.epochs = 1
            configuration.packing = .pad
            configuration.documentMask = true
            let loader = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 4, sequenceLength: 7))
            let batch = try #require(try loader.next())
            func ids(_ text: String) -> [Int32] { text.utf8.map(Int32.init) }
            #expect(
                batch.tokens == [256] + ids("abc") + [257, 258, 258, 258] + [256] + ids("0123456") + ids("6789") + [257, 258, 258, 258] + [
                    256
                ]
                    + ids("z") + [257, 258, 258, 258, 258, 258])
            #expect(
                batch.labels == ids("abc") + [257, -100, -100, -100] + ids("0123456") + ids("789") + [257, -100, -100, -100] + ids("z")
                    + [257, -100, -100, -100, -100, -100])
            #expect(
                batch.segments == [0, 0, 0, 0, 0, 1, 1, 1] + [0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 1, 1, 1] + [0, 0, 0, 1, 1, 1, 1, 1])
            #expect(batch.targetCount == 4 + 7 + 4 + 2)
            #expect(try loader.next() == nil)
        }
    }

    @Test func segmentsChangeAtDocumentBoundaries() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 1, documents: 60)
            var configuration = Corpora.configuration(folder, window: 20)
            configuration.documentMask = true
            let loader = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 3, sequenceLength: 100))
            for batch in try loader.batches(20) {
                let segments = try #require(batch.segments)
                for row in 0..<3 {
                    #expect(segments[row * 101] == 0)
                    for index in row * 101 + 1..<(row + 1) * 101 {
                        #expect(segments[index] == segments[index - 1] + (batch.tokens[index] == 256 ? 1 : 0))
                    }
                }
            }
        }
    }

    /// A corpus much smaller than a batch goes round and round.
    @Test func aTinyCorpusFillsManyRows() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeParquet("\(folder)/x.parquet", ["abc"])
            let loader = try BatchLoader(
                Corpora.configuration(folder, window: 4), tokenizer: .bytes, shape: BatchShape(rows: 2, sequenceLength: 100))
            let batch = try #require(try loader.next())
            #expect(batch.tokens.prefix(10) == [256, 97, 98, 99, 257, 256, 97, 98, 99, 257])
            #expect(batch.position.epoch == 40)
        }
    }

    @Test func stoppingEndsTheLoader() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 2, documents: 50)
            let loader = try BatchLoader(
                Corpora.configuration(folder), tokenizer: .bytes, shape: BatchShape(rows: 2, sequenceLength: 64), workers: 4)
            _ = try loader.batches(3)
            loader.stop()
            loader.stop()
            #expect(throws: DataError.stopped) { while try loader.next() != nil {} }
            #expect(loader.statistics.batches >= 3)
            #expect((0...1).contains(loader.statistics.waitFraction))
        }
    }
}

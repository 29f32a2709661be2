import ArgonneData
import ArgonneTokenizer
import Foundation
import Testing

/// The real web text of the shared data.
@Suite(.enabled(if: Golden.sharedData != nil, Golden.missingSharedData))
struct CorpusTests {
    /// The texts of the four Parquet shards, in order.
    private static let texts = Result { try read() }

    /// Byte tokens, a document a row or more, are the documents themselves.
    private static func read() throws -> [String] {
        let shards = try #require(Golden.sharedData) + "/fineweb-mini/*.parquet"
        var configuration = CorpusConfiguration(sources: [DataSource(patterns: [shards])])
        configuration.filters = .none
        configuration.shuffleWindow = 0
        configuration.epochs = 1
        configuration.packing = .pad
        let width = 1024
        let loader = try BatchLoader(configuration, tokenizer: .bytes, shape: BatchShape(rows: 64, sequenceLength: width), workers: 1)
        var texts: [[UInt8]] = []
        while let batch = try loader.next() {
            for row in 0..<batch.shape.rows {
                // The last token of a row comes again as the first of the next, or ends a document.
                for token in batch.tokens[row * (width + 1)..<(row + 1) * (width + 1) - 1] {
                    if token == Tokenizer.bytes.beginningOfDocument { texts.append([]) }
                    if token < 256, !texts.isEmpty { texts[texts.count - 1].append(UInt8(token)) }
                }
            }
        }
        return texts.map { String(decoding: $0, as: UTF8.self) }
    }

    /// What Hugging Face tokenizers gives, as tokenizer_peers.py printed it.
    @Test(arguments: [1, 2])
    func everyIDIsHuggingFaces(_ threads: Int) throws {
        let texts = try Self.texts.get()
        let measured = TokenizerBenchmark(try Golden.qwen(), texts: texts, threads: threads)
        #expect(measured.documents == 2920)
        #expect(measured.tokens == 3_988_594)
        #expect(measured.checksum == "7bc94e002f1c1f37")
    }

    @Test func everyTextComesBack() throws {
        let tokenizer = try Golden.qwen()
        for text in try Self.texts.get() {
            // NFC changes a few; their normal form comes back.
            let decoded = tokenizer.decode(tokenizer.encode(text))
            #expect(decoded.utf8.elementsEqual(text.utf8) || tokenizer.encode(decoded) == tokenizer.encode(text))
        }
    }

    /// The fingerprint of what Hugging Face's ByteLevelBPETokenizer, trained with 12,000 tokens, minimum frequency 2 and Argonne 1's special
    /// tokens, saved as vocab.json and merges.txt.
    @Test func trainingIsHuggingFaces() throws {
        var trainer = TokenizerTrainer(threads: 2)
        trainer.add(try Self.texts.get())
        let tokenizer = try trainer.train()
        #expect(tokenizer.vocabularySize == 12_000)
        #expect(tokenizer.fingerprint == "ac01d154ab1d1075aa06438300a29fab4741455f4704d7a062f70fa7f55c61a8")
    }
}

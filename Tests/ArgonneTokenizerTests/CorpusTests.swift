import ArgonneData
import ArgonneTokenizer
import Foundation
import Testing

/// The real web text of the shared data.
@Suite(.enabled(if: Golden.sharedData != nil, Golden.missingSharedData))
struct CorpusTests {
    /// The texts of the four Parquet shards, in order.
    private static let texts = Result { try read() }

    private static func read() throws -> [String] {
        var texts: [String] = []
        for shard in try Shard.list(matching: [try #require(Golden.sharedData) + "/fineweb-mini/*.parquet"]) {
            try shard.forEachText { texts += $0 }
        }
        return texts
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

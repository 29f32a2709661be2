import ArgonneTokenizer
import Testing

struct TrainingTests {
    private static let texts = (30_000..<31_000).map { String(decoding: GeneratedText.bytes($0), as: UTF8.self) }

    private func train(_ texts: [String], threads: Int = 1, _ options: (inout TokenizerTrainer) -> Void = { _ in }) throws -> Tokenizer {
        var trainer = TokenizerTrainer(threads: threads)
        trainer.vocabularySize = 600
        options(&trainer)
        trainer.add(texts)
        return try trainer.train()
    }

    /// `Golden/argonne1` is what Hugging Face's trainer made of the same texts.
    @Test func equalsHuggingFace() throws {
        let golden = try Tokenizer(directory: Golden.path("argonne1"))
        #expect(try train(Self.texts).fingerprint == golden.fingerprint)
    }

    @Test(arguments: [1, 2, 5])
    func doesNotDependOnThreadsOrOrder(_ threads: Int) throws {
        var trainer = TokenizerTrainer(threads: threads)
        trainer.vocabularySize = 600
        for part in stride(from: 0, to: 1000, by: 300).reversed() {
            trainer.add(Array(Self.texts[part..<min(part + 300, 1000)].reversed()))
        }
        #expect(try trainer.train().fingerprint == train(Self.texts).fingerprint)
    }

    @Test func boundariesAndSpecialTokens() throws {
        let tokenizer = try train(["low lower lowest low low"])
        #expect(tokenizer.addedTokens.map(\.content) == ["<|start_of_text|>", "<pad>", "<|end_of_text|>", "<unk>", "<mask>"])
        #expect(tokenizer.addedTokens.map(\.id) == [0, 1, 2, 3, 4])
        #expect(tokenizer.beginningOfDocument == 0 && tokenizer.endOfDocument == 2 && tokenizer.padding == 1)
        // The most frequent pairs first; of equals the lower ids: "l", "o", "w" stand in this order in the alphabet.
        #expect(tokenizer.token(for: 261) == "lo")
        #expect(tokenizer.token(for: 262) == "low")
        #expect(tokenizer.token(for: 263) == "Ġlow")
    }

    @Test func rarePairsAreLeft() throws {
        #expect(try train(["ab cd"]).vocabularySize == 261)
        #expect(try train(["ab cd"]) { $0.minimumFrequency = 1 }.vocabularySize == 264)
        #expect(try train(["aaaa aaaa aaaa"]) { $0.minimumFrequency = 3 }.decode([261]) == "aa")
    }

    @Test func optionsThatCannotBeMet() {
        #expect(throws: TokenizerError.self) { try train(Self.texts) { $0.vocabularySize = 260 } }
        #expect(throws: TokenizerError.self) { try train(Self.texts) { $0.specialTokens = ["a", "a"] } }
        #expect(throws: TokenizerError.self) { try train(Self.texts) { $0.specialTokens = [""] } }
        #expect(throws: TokenizerError.self) { try train([]) }
        #expect(throws: TokenizerError.self) { try train([""]) }
    }

    @Test func noSpecialTokensAtAll() throws {
        let tokenizer = try train(["abab"]) { $0.specialTokens = [] }
        #expect(tokenizer.addedTokens.isEmpty && tokenizer.beginningOfDocument == nil && tokenizer.endOfDocument == nil)
        #expect(tokenizer.encode("ab") == [256])
    }
}

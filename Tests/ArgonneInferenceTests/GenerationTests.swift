import ArgonneInference
import ArgonneModels
import ArgonneTokenizer
import PJRT
import SPMD
import TestSupport
import Testing

struct GenerationTests {
    private static func generator(mesh: Mesh = Mesh(), compute: ElementType = .f32) throws -> Generator {
        let runtime = try Runtime(client: TestClient.shared, mesh: mesh)
        return try Generator(LoadedModel(directory: GoldenModel.llama.directory, compute: compute, on: runtime), tokenizer: .bytes)
    }

    @Test func aSeedGivesTheSameTextInAnyBatchAndOnAnyMesh() throws {
        let prompts = try GoldenModel.llama.continuations().map(\.prompt)
        let options = GenerationOptions(maxNewTokens: 12, sampling: Sampling(temperature: 0.8, topK: 50, topP: 0.9, seed: 3))
        let together = try Self.generator().generate(prompts, options).results.map(\.tokens)
        #expect(try Self.generator().generate([prompts[2]], options).results[0].tokens == together[2])
        #expect(try Self.generator(mesh: Mesh(tensor: 2)).generate(prompts, options, batchSize: 2).results.map(\.tokens) == together)
        var other = options
        other.sampling.seed = 4
        #expect(try Self.generator().generate(prompts, other).results.map(\.tokens) != together)
    }

    @Test func textsEndAtStopTokensAndStopStrings() throws {
        let (prompt, greedy) = try GoldenModel.llama.continuations()[1]
        let generator = try Self.generator()
        let place = try #require(greedy.indices.first { $0 >= 3 && !greedy[..<$0].contains(greedy[$0]) })
        let ended = try generator.generate([prompt], GenerationOptions(maxNewTokens: 16, stopTokens: [greedy[place]])).results[0]
        #expect(ended.end == .token(greedy[place]))
        #expect(ended.tokens == Array(greedy[..<place]))

        let whole = try generator.generate([prompt], GenerationOptions(maxNewTokens: 16)).results[0]
        #expect(whole.text == Tokenizer.bytes.decode(greedy, skipSpecial: true))
        let ascii = try #require(greedy.first { (33..<127).contains($0) })
        let stop = String(UnicodeScalar(UInt8(ascii)))
        var streamed = ""
        let stopped = try generator.generate([prompt], GenerationOptions(maxNewTokens: 16, stopStrings: [stop])) { _, piece in
            streamed += piece
        }.results[0]
        #expect(stopped.end == .string(stop))
        #expect(stopped.text == whole.text.prefix { $0 != Character(stop) })
        #expect(streamed == stopped.text)
    }

    /// The original reads the last tokens that the context holds anew for every token.
    @Test func aFullContextSlidesAsTheOriginals() throws {
        let generator = try Self.generator()
        let prompt = (0..<70).map { Int32(($0 * 37) % 256) }
        let slid = try generator.generate([prompt, Array(prompt.prefix(60))], GenerationOptions(maxNewTokens: 8)).results.map(\.tokens)
        for (start, found) in zip([prompt, Array(prompt.prefix(60))], slid) {
            var text = start
            for _ in 0..<8 {
                text += try generator.generate([Array(text.suffix(64))], GenerationOptions(maxNewTokens: 1)).results[0].tokens
            }
            #expect(found == Array(text.suffix(8)))
        }
        let coarse = try generator.generate([prompt], GenerationOptions(maxNewTokens: 40, slide: 16)).results[0]
        #expect(coarse.tokens.count == 40)
        #expect(coarse.tokens[0] == slid[0][0])
    }

    @Test func rowsAreTakenOverByPromptsThatWait() throws {
        let texts = try GoldenModel.llama.continuations()
        let prompts = (0..<7).map { texts[$0 % 4].prompt }
        let results = try Self.generator().generate(prompts, GenerationOptions(maxNewTokens: 5), batchSize: 2).results
        #expect(results.map(\.tokens) == (0..<7).map { Array(texts[$0 % 4].greedy.prefix(5)) })
        #expect(try Self.generator().generate(prompts, GenerationOptions(maxNewTokens: 0)).results.map(\.tokens) == prompts.map { _ in [] })
        #expect(try Self.generator().generate([], GenerationOptions(maxNewTokens: 3)).results.isEmpty)
    }

    @Test func trainingWeightsAreUnstacked() throws {
        let model = try GoldenModel.llama.model()
        let mesh = Mesh(tensor: 2)
        let runtime = try Runtime(client: TestClient.shared, mesh: mesh)
        let dealt = model.weights.map { $0.name == "model.embed_tokens.weight" ? $0.dealingRows(along: .tensor, parts: 2) : $0 }
        let arrays = try zip(dealt, GoldenModel.llama.stackedWeights()).map { weight, values in
            let padding = Array(repeating: Float(9), count: weight.stackedShape.reduce(1, *) - values.count)
            return try runtime.array(values + padding, shape: weight.stackedShape, sharding: weight.stackedSharding)
        }
        let loaded = try ModelUnstacking(model, dealt, compute: .f32, on: runtime)(arrays)
        let texts = try GoldenModel.llama.continuations()
        let results = try Generator(loaded, tokenizer: .bytes).generate(texts.map(\.prompt), GenerationOptions(maxNewTokens: 16)).results
        #expect(results.map(\.tokens) == texts.map(\.greedy))
    }

    @Test func halfPrecisionGenerates() throws {
        let texts = try GoldenModel.llama.continuations()
        let results = try Self.generator(compute: .bf16).generate(texts.map(\.prompt), GenerationOptions(maxNewTokens: 4)).results
        // Rounding to eight bits leaves the clearest choices as they are.
        #expect(zip(results, texts).count { $0.tokens[0] == $1.greedy[0] } >= 3)
    }

    @Test func badOptionsAndPromptsAreNamed() throws {
        let generator = try Self.generator()
        #expect(throws: InferenceError.empty(index: 1)) { try generator.generate([[1], []], GenerationOptions(maxNewTokens: 1)) }
        #expect(throws: InferenceError.unknownToken(300, index: 0, vocabulary: 259)) {
            try generator.generate([[300]], GenerationOptions(maxNewTokens: 1))
        }
        #expect(throws: InferenceError.invalidOption(name: "max-new-tokens", value: "-1", expected: "0 or more")) {
            try generator.generate([[1]], GenerationOptions(maxNewTokens: -1))
        }
        #expect(throws: InferenceError.invalidOption(name: "slide", value: "65", expected: "from 1 to the context of 64")) {
            try generator.generate([[1]], GenerationOptions(maxNewTokens: 1, slide: 65))
        }
        #expect(throws: InferenceError.invalidOption(name: "batch-size", value: "0", expected: "at least 1")) {
            try generator.generate([[1]], GenerationOptions(maxNewTokens: 1), batchSize: 0)
        }
    }
}

import ArgonneInference
import ArgonneTokenizer
import PJRT
import SPMD
import TestSupport
import Testing

/// Greedy decoding against transformers' `generate`: what the cache, its slots or positions get wrong shows as another token.
struct GreedyTests {
    private static func generator(_ golden: GoldenModel, mesh: Mesh = Mesh()) throws -> Generator {
        let runtime = try Runtime(client: TestClient.shared, mesh: mesh)
        return try Generator(LoadedModel(directory: golden.directory, compute: .f32, on: runtime), tokenizer: .bytes)
    }

    @Test(arguments: GoldenModel.allCases)
    func tokensAreThoseOfTransformers(_ golden: GoldenModel) throws {
        let texts = try golden.continuations()
        let (results, timing) = try Self.generator(golden).generate(texts.map(\.prompt), GenerationOptions(maxNewTokens: 16))
        #expect(results.map(\.tokens) == texts.map(\.greedy))
        #expect(results.allSatisfy { $0.end == .length })
        #expect(timing.promptTokens == texts.reduce(0) { $0 + $1.prompt.count })
        #expect(timing.decodedTokens == 4 * 15)
    }

    @Test(arguments: [Mesh(tensor: 2), Mesh(data: 2), Mesh(data: 2, tensor: 2)], [1, 3])
    func anyMeshAndBatchGiveTheSame(_ mesh: Mesh, _ batchSize: Int) throws {
        for golden in [GoldenModel.llama, .gpt] {
            let texts = try golden.continuations()
            let results = try Self.generator(golden, mesh: mesh)
                .generate(texts.map(\.prompt), GenerationOptions(maxNewTokens: 16), batchSize: batchSize).results
            #expect(results.map(\.tokens) == texts.map(\.greedy))
        }
    }
}

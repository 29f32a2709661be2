import ArgonneInference
import ArgonneWeights
import PJRT
import SPMD
import TestSupport
import Testing

struct PerplexityTests {
    private static func model(_ golden: GoldenModel, mesh: Mesh = Mesh()) throws -> LoadedModel {
        try LoadedModel(directory: golden.directory, compute: .f32, on: Runtime(client: TestClient.shared, mesh: mesh))
    }

    @Test(arguments: [Mesh(), Mesh(data: 2), Mesh(tensor: 2)])
    func lossIsThatOfTransformers(_ mesh: Mesh) throws {
        let expected = try GoldenModel.llama.expected()
        let tokens = try expected.tensor("tokens").elements(as: Int32.self)
        let scores = try Perplexity(Self.model(.llama, mesh: mesh), batchSize: 3)([Array(tokens[..<24]), Array(tokens[24...])])
        #expect(scores.map(\.tokens) == [23, 23])
        #expect(abs(Perplexity.total(scores).loss - Double(try expected.tensor("loss").elements(as: Float.self)[0])) <= 1e-5)
    }

    @Test func windowsThatOverlapCountEachTokenOnce() throws {
        let expected = try GoldenModel.llama.expected()
        let document = try expected.tensor("document").elements(as: Int32.self)
        let scores = try Perplexity(Self.model(.llama), window: 24, stride: 8, batchSize: 2)([document, [5], []])
        #expect(scores.map(\.tokens) == [59, 0, 0])
        #expect(abs(scores[0].loss - Double(try expected.tensor("strided").elements(as: Float.self)[0])) <= 1e-5)
        #expect(scores[1].loss.isNaN)
    }

    @Test func badInputIsNamed() throws {
        let model = try Self.model(.llama)
        #expect(throws: InferenceError.invalidOption(name: "window", value: "65", expected: "from 2 to the context of 64")) {
            try Perplexity(model, window: 65)
        }
        #expect(throws: InferenceError.invalidOption(name: "stride", value: "0", expected: "from 1 to the window of 64")) {
            try Perplexity(model, stride: 0)
        }
        #expect(throws: InferenceError.unknownToken(259, index: 0, vocabulary: 259)) { try Perplexity(model)([[1, 259]]) }
    }
}

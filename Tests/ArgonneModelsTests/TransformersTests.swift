import ArgonneModels
import ArgonneWeights
import PJRT
import SPMD
import StableHLO
import TestSupport
import Testing

/// The models against transformers, on the same weights and tokens: a wrong norm, rotation, mask or layout shows here.
struct TransformersTests {
    /// Logits, mean loss and gradients of the loss, as one program over stacked weights.
    private struct Outcome {
        let logits: [Float]
        let loss: Float
        let gradients: [[Float]]
    }

    private static func outcome(_ golden: GoldenModel, mesh: Mesh = Mesh(), _ recomputation: Recomputation = .none) throws -> Outcome {
        let model = try golden.model()
        let runtime = try Runtime(client: TestClient.shared, mesh: mesh)
        let expected = try golden.expected()
        let tokens = try expected.tensor("tokens").elements(as: Int32.self)
        let shape = try expected.tensor("tokens").shape
        let labels = (0..<shape[0]).flatMap { row in
            tokens[(row * shape[1])..<((row + 1) * shape[1])].dropFirst() + [Int32(CrossEntropy.ignoredLabel)]
        }

        let graph = Graph()
        let values = try model.weights.map { weight in
            graph.parameter(weight.name, try weight.stackedSharding.localShape(of: weight.stackedShape, on: mesh), .f32)
        }
        let input = graph.parameter("tokens", shape, .i32)
        let target = graph.parameter("labels", shape, .i32)
        let weights = ModelWeights(stacked: values, model.weights)
        let hidden = model.hidden(input, weights, ForwardContext(mesh: mesh, recomputation: recomputation))
        let (sum, count) = CrossEntropy(chunkElements: 3000)(hidden, head: weights.outer[model.headName], labels: target)
        let loss = sum / count
        let found = gradients(of: loss, withRespectTo: values)
        let results =
            [(value: model.logits(hidden, weights), sharding: Sharding.replicated), (loss, .replicated)]
            + zip(found, model.weights).map { ($0, $1.stackedSharding) }
        let program = try runtime.compile(graph, results: results)
        let arrays = try zip(model.weights, golden.stackedWeights()).map { weight, values in
            try runtime.array(values, shape: weight.stackedShape, sharding: weight.stackedSharding)
        }
        let outputs = try program(arrays + [runtime.array(tokens, shape: shape), runtime.array(labels, shape: shape)])
        return try Outcome(
            logits: outputs[0].values(), loss: outputs[1].values()[0], gradients: outputs.dropFirst(2).map { try $0.values() })
    }

    @Test(arguments: GoldenModel.allCases)
    func logitsAndLossAreThoseOfTransformers(_ golden: GoldenModel) throws {
        let outcome = try Self.outcome(golden)
        let expected = try golden.expected()
        #expect(greatestDifference(outcome.logits, try expected.tensor("logits").elements()) <= 1e-4)
        #expect(abs(outcome.loss - (try expected.tensor("loss").elements(as: Float.self)[0])) <= 1e-5)
    }

    @Test(arguments: [Mesh(), Mesh(tensor: 2)], [Recomputation.none, .block])
    func gradientsAreThoseOfPyTorch(_ mesh: Mesh, _ recomputation: Recomputation) throws {
        let outcome = try Self.outcome(.llama, mesh: mesh, recomputation)
        let expected = try GoldenModel.llama.expected()
        for (weight, gradient) in zip(try GoldenModel.llama.model().weights, outcome.gradients) {
            let size = weight.shape.reduce(1, *)
            for block in 0..<(weight.blocks ?? 1) {
                let wanted = try expected.tensor("gradient." + weight.name(inBlock: block)).elements(as: Float.self)
                let difference = greatestDifference(Array(gradient[(block * size)..<((block + 1) * size)]), wanted)
                let scale = wanted.map(abs).max() ?? 0
                #expect(difference <= 1e-5 + 1e-4 * scale, "\(weight.name(inBlock: block)): \(difference) of \(scale)")
            }
        }
    }
}

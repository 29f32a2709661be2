import ArgonneModels
import ArgonneTraining
import ArgonneWeights
import PJRT
import SPMD
import TestSupport
import Testing

/// Ten optimizer steps against PyTorch's AdamW with clipping, decay of matrices only, warm-up and cosine.
struct TorchStepsTests {
    @Test(arguments: [Mesh(), Mesh(data: 2), Mesh(tensor: 2)])
    func lossesOfTenStepsAreThoseOfPyTorch(_ mesh: Mesh) throws {
        let expected = try GoldenModel.llama.expected()
        let tokens = try expected.tensor("tokens")
        let (ids, shape) = (try tokens.elements(as: Int32.self), tokens.shape)
        let labels = (0..<shape[0]).flatMap { row in
            ids[(row * shape[1])..<((row + 1) * shape[1])].dropFirst() + [Int32(CrossEntropy.ignoredLabel)]
        }
        let runtime = try Runtime(client: TestClient.shared, mesh: mesh)
        let plan = try ModelPlan(GoldenModel.llama.model(), mesh: mesh)
        let schedule = LearningRateSchedule(shape: .cosine, peak: 3e-3, minimum: 3e-4, warmupSteps: 2, totalSteps: 10)
        let layout = BatchLayout(microBatch: shape[0] / mesh.size(.data), sequenceLength: shape[1])
        let step = try TrainingStep(plan, AdamW(), schedule, layout, on: runtime)
        var state = try TrainingState.initial(plan, seed: 0, on: runtime)
        state.weights = try zip(plan.weights, GoldenModel.llama.stackedWeights()).map { weight, values in
            try runtime.array(values, shape: weight.stackedShape, sharding: weight.stackedSharding)
        }
        let losses = try (0..<10).map { _ in try step.run(&state, tokens: ids, targets: labels).read().loss }
        #expect(greatestDifference(losses, try expected.tensor("losses").elements()) <= 1e-4)
    }
}

import ArgonneModels
import ArgonneTraining
import PJRT
import SPMD
import StableHLO
import TestSupport

/// A model small enough to train in a test, whose heads divide among eight devices.
enum TinyRun {
    static let decoder = ModelConfiguration.decoder(
        DecoderConfiguration(
            vocabularySize: 97, hiddenSize: 32, intermediateSize: 64, layerCount: 2, headCount: 16, keyValueHeadCount: 8, contextLength: 16,
            headDimension: 4))
    static let gpt = ModelConfiguration.gpt(
        GPTConfiguration(vocabularySize: 97, hiddenSize: 32, layerCount: 2, headCount: 8, contextLength: 16))
    static let schedule = LearningRateSchedule(peak: 1e-2, minimum: 1e-3, warmupSteps: 3, totalSteps: 20)
    static let sequences = 4

    static func runtime(_ mesh: Mesh) throws -> Runtime { try Runtime(client: TestClient.shared, mesh: mesh) }

    static func plan(
        _ model: ModelConfiguration = decoder, _ mesh: Mesh = Mesh(), recomputation: Recomputation = .none,
        isVocabularyParallel: Bool = false,
        chunkElements: Int = 1 << 20
    ) throws -> ModelPlan {
        try ModelPlan(
            model.model(), mesh: mesh, recomputation: recomputation, crossEntropy: CrossEntropy(chunkElements: chunkElements),
            isVocabularyParallel: isVocabularyParallel, seed: 5)
    }

    /// Tokens and targets of a step: a sequence that a model can learn, and some targets that do not count.
    static func batch(_ step: Int) -> (tokens: [Int32], targets: [Int32]) {
        let length = 16
        let numbers = (0..<(sequences * (length + 1))).map { Int32(($0 * $0 + 7 * (step % 2)) % 97) }
        var (tokens, targets): ([Int32], [Int32]) = ([], [])
        for row in 0..<sequences {
            let start = row * (length + 1)
            tokens += numbers[start..<(start + length)]
            targets += numbers[(start + 1)...(start + length)]
        }
        for index in stride(from: step % 5, to: targets.count, by: 11) { targets[index] = Int32(CrossEntropy.ignoredLabel) }
        return (tokens, targets)
    }

    /// Losses of the first steps of a training run.
    static func losses(_ plan: ModelPlan, steps: Int, accumulation: Int = 1) throws -> [Float] {
        let runtime = try runtime(plan.mesh)
        let layout = BatchLayout(
            microBatch: sequences / accumulation / plan.mesh.size(.data), accumulation: accumulation, sequenceLength: 16)
        let step = try TrainingStep(plan, AdamW(), schedule, layout, on: runtime)
        var state = try TrainingState.initial(plan, seed: 3, on: runtime)
        return try (0..<steps).map { number in
            let (tokens, targets) = batch(number)
            return try step.run(&state, tokens: tokens, targets: targets).read().loss
        }
    }

    /// Gradients of all weights at the start, as global tensors.
    static func gradients(_ plan: ModelPlan) throws -> [[Float]] {
        let runtime = try runtime(plan.mesh)
        let graph = Graph()
        let weights = zip(plan.weights, try plan.localShapes()).map { graph.parameter($0.name, $1, .f32) }
        let rows = sequences / plan.mesh.size(.data)
        let (tokens, targets) = (graph.parameter("tokens", [rows, 16], .i32), graph.parameter("targets", [rows, 16], .i32))
        let zero = graph.constant(0, .u32)
        let loss = plan.loss(tokens, targets, segments: nil, weights, step: zero, pass: zero)
        let results = StableHLO.gradients(of: loss.sum, withRespectTo: weights).map { $0.allReduced(over: plan.mesh.groups(along: .data)) }
        let program = try runtime.compile(graph, results: zip(results, plan.weights).map { ($0, $1.stackedSharding) })
        let state = try TrainingState.initial(plan, seed: 3, on: runtime)
        let data = batch(0)
        let inputs = try [data.tokens, data.targets].map { try runtime.array($0, shape: [sequences, 16], sharding: .split(0, .data)) }
        return try zip(program(state.weights + inputs), plan.weights).map { array, weight in
            Array(try array.values(as: Float.self).prefix(weight.parameterCount))
        }
    }
}

/// The greatest difference of two lists, as a share of the greatest number.
func relativeDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    let scale = max(a.map { abs($0) }.max() ?? 0, 1e-12)
    return (zip(a, b).map { abs($0 - $1) }.max() ?? 0) / scale
}

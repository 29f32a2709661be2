import ArgonneModels
import SPMD
import StableHLO

/// What a training step needs of one device's memory, in bytes, computed from the shapes alone.
///
/// The compiler's plan, known after compilation, is exact; this is what can be said before anything is allocated.
public struct MemoryEstimate: Sendable {
    /// Weights in float32.
    public let weights: Int
    /// The optimizer's two means, in float32.
    public let optimizer: Int
    /// Gradients in float32.
    public let gradients: Int
    /// What the forward pass keeps for the backward pass, and the widest part of one block.
    public let activations: Int
    /// One chunk of logits and its gradient.
    public let logits: Int

    /// All of it.
    public var total: Int { weights + optimizer + gradients + activations + logits }

    /// - Throws: `MeshError` where a weight does not divide on the plan's mesh.
    public init(_ plan: ModelPlan, _ layout: BatchLayout) throws {
        let parameters = try plan.localShapes().reduce(0) { $0 + $1.reduce(1, *) }
        weights = 4 * parameters
        optimizer = 8 * parameters
        gradients = 4 * parameters

        let tensor = plan.mesh.size(.tensor)
        let tokens = layout.microBatch * layout.sequenceLength
        let size = plan.compute.byteCount
        let streams = tokens * plan.model.hiddenSize * size
        // Heads' scores are float32, and their softmax is kept beside them; fused kernels store neither.
        let heads = plan.model.attentionWidth / plan.model.keyValueShape.headDimension / tensor
        let scores = plan.attention == .composed ? 2 * 4 * tokens * layout.sequenceLength * heads : 0
        let projections = try plan.weights.filter { $0.blocks != nil && $0.shape.count == 2 }.reduce(0) { sum, weight in
            sum + (try weight.sharding.localShape(of: weight.shape, on: plan.mesh)[0]) * tokens * size
        }
        let block = 4 * streams + projections + scores
        switch plan.recomputation {
        case .none, .elementwise: activations = plan.model.layerCount * block
        case .dots: activations = plan.model.layerCount * (streams + projections) + block
        case .block: activations = plan.model.layerCount * streams + block
        }
        logits = 3 * 4 * plan.crossEntropy.chunkLength(tokens: tokens, vocabulary: plan.model.vocabularySize) * plan.model.vocabularySize
    }
}

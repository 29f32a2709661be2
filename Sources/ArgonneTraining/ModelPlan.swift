import ArgonneModels
import PJRT
import SPMD
import StableHLO

/// A model laid out on a mesh: how each weight is stored, in which precision a step computes, and what it keeps for the backward pass.
public struct ModelPlan: Sendable {
    /// The model.
    public let model: any LanguageModel
    /// The devices.
    public let mesh: Mesh
    /// The element type of activations; weights and the optimizer's state are float32.
    public let compute: ElementType
    /// What the backward pass computes again.
    public let recomputation: Recomputation
    /// What computes attention.
    public let attention: AttentionKernel
    /// Cross-entropy and its chunks.
    public let crossEntropy: CrossEntropy
    /// Whether the rows of the embedding and of the head are dealt out along the tensor axis instead of being on every device.
    public let isVocabularyParallel: Bool
    /// Decides what dropout drops.
    public let seed: UInt64
    /// The model's weights as they are laid out here.
    public let weights: [WeightSpecification]

    /// A plan for a model that divides on the mesh.
    /// - Throws: `ModelError` where it does not.
    public init(
        _ model: any LanguageModel, mesh: Mesh = Mesh(), compute: ElementType = .f32, recomputation: Recomputation = .none,
        attention: AttentionKernel = .composed, crossEntropy: CrossEntropy = CrossEntropy(), isVocabularyParallel: Bool = false,
        seed: UInt64 = 0
    ) throws {
        try model.validate(on: mesh)
        self.model = model
        self.mesh = mesh
        self.compute = compute
        self.recomputation = recomputation
        self.attention = attention
        self.crossEntropy = crossEntropy
        self.seed = seed
        self.isVocabularyParallel = isVocabularyParallel && mesh.size(.tensor) > 1
        let isDealt = self.isVocabularyParallel
        weights = model.weights.map { weight in
            let isVocabulary = [model.embeddingName, model.headName].contains { weight.name == $0 + ".weight" }
            return isDealt && isVocabulary ? weight.dealingRows(along: .tensor, parts: mesh.size(.tensor)) : weight
        }
    }

    /// The shape of a device's part of each weight.
    package func localShapes() throws -> [[Int]] {
        try weights.map { try $0.stackedSharding.localShape(of: $0.stackedShape, on: mesh, named: $0.name) }
    }

    /// Sum of the loss over the tokens that count and their number, for tokens and labels [B, T].
    ///
    /// - Parameters:
    ///   - step: number of the step, and `pass` that of the pass within it, uint32 scalars; they decide what dropout drops.
    package func loss(
        _ tokens: Value, _ labels: Value, segments: Value?, _ values: [Value], step: Value, pass: Value
    ) -> (sum: Value, count: Value) {
        let weights = ModelWeights(stacked: values, weights)
        let head = weights.outer[model.headName]
        let tensor = mesh.groups(along: .tensor)
        let vocabulary =
            isVocabularyParallel
            ? VocabularyPart(
                devices: tensor, firstRow: mesh.coordinate(along: .tensor, in: tokens.graph) * Double(head.shape[0]),
                rows: model.vocabularySize)
            : nil
        let ranks = mesh.size(.data)
        let rank = mesh.coordinate(along: .data, in: tokens.graph).converted(to: .u32)
        let dropout =
            model.dropoutRate > 0
            ? Dropout(
                rate: model.dropoutRate, seed: seed, step: step, firstSequence: (pass * Double(ranks) + rank) * Double(tokens.shape[0]))
            : nil
        let context = ForwardContext(
            mesh: mesh, compute: compute, recomputation: recomputation, attention: attention, vocabulary: vocabulary, segments: segments,
            dropout: dropout)
        let hidden = model.hidden(tokens, weights, context)
        // Where each device has its own rows of the head, the hidden states fan out to them.
        return crossEntropy(vocabulary == nil ? hidden : hidden.fannedOut(over: tensor), head: head, labels: labels, vocabulary: vocabulary)
    }
}

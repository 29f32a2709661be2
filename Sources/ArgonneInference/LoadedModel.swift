import ArgonneModels
import ArgonneTokenizer
import PJRT
import SPMD
import StableHLO

/// A model with its weights on the devices, ready for inference.
///
/// Each block's weights are tensors of their own, not rows of a stack as in training: a program that reads one token would spend its time
/// on copying rows.
public struct LoadedModel: Sendable {
    let plan: InferencePlan
    /// For each of the model's weights, one tensor a block, or one in all.
    let weights: [[ShardedArray]]

    /// A model from tensors in the order of its specifications, those of blocks given block by block.
    init(_ plan: InferencePlan, _ weights: [[ShardedArray]]) {
        self.plan = plan
        self.weights = weights
    }

    /// The model.
    public var model: any LanguageModel { plan.model }
    /// The element type of weights, activations and the operands of matrix products.
    public var compute: ElementType { plan.compute }
    /// The devices.
    public var runtime: Runtime { plan.runtime }

    /// What a program's first parameters stand for, as `InferencePlan` declares them.
    var arguments: [ShardedArray] { Array(weights.joined()) }

    /// Bytes of the weights on one device.
    public var weightBytesPerDevice: Int { weights.joined().reduce(0) { $0 + $1.buffers[0].byteCount } }

    /// - Throws: `InferenceError` where the tokenizer has ids that the embedding does not know.
    public func check(_ tokenizer: Tokenizer) throws(InferenceError) {
        guard tokenizer.vocabularySize <= model.vocabularySize else {
            throw .tokenizerTooLarge(tokens: tokenizer.vocabularySize, rows: model.vocabularySize)
        }
    }

    /// - Throws: `InferenceError` where a text is empty or has tokens that the model does not know.
    func check(_ tokens: [Int32], index: Int) throws(InferenceError) {
        if tokens.isEmpty { throw .empty(index: index) }
        if let stranger = tokens.first(where: { $0 < 0 || Int($0) >= model.vocabularySize }) {
            throw .unknownToken(Int(stranger), index: index, vocabulary: model.vocabularySize)
        }
    }
}

import PJRT
import SPMD
import StableHLO

/// Argonne 1.0 and 1.5: a GPT-style decoder with LayerNorm before attention and feed-forward, learned positions, exact GELU, biases, an untied
/// head and dropout. GPT-2 is the same with an approximate GELU and a tied head.
///
/// Letters in names: B sequences, T tokens, D hidden, E feed-forward width, N heads of one device, H head dimension. Heads and feed-forward
/// columns are dealt out along the mesh's tensor axis; biases of what writes to the residual stream are added once, after the sum.
public struct GPTModel: LanguageModel {
    /// The model's shape.
    public let configuration: GPTConfiguration

    /// A model of the given shape.
    /// - Throws: where no model has this shape.
    public init(_ configuration: GPTConfiguration) throws(ModelError) {
        try configuration.validate()
        self.configuration = configuration
    }

    /// Final hidden states [B, T, D] of tokens [B, T].
    public func hidden(_ tokens: Value, _ weights: ModelWeights, _ context: ForwardContext) -> Value {
        let (T, D) = (tokens.shape[1], configuration.hiddenSize)
        let graph = tokens.graph
        let positions = context.cache?.positions(T) ?? graph.iota([T])
        let table = weights.outer["position_embedding"].reshaped([configuration.contextLength, D])
        var x_BTD = context.embed(tokens, in: weights.outer["token_embedding"]) + table.rows(positions).converted(to: context.compute)
        if let dropout = context.dropout { x_BTD = dropout(x_BTD, at: .embedding, block: graph.constant(0, .u32)) }

        let y_BTD = weights.throughBlocks(x_BTD, context.recomputation) { number, w, x in
            let drop = { (y: Value, site: Dropout.Site) in context.dropout?(y, at: site, block: number.value(in: y.graph)) ?? y }
            let h = x + drop(attention(norm(x, w["ln1"], w["ln1.bias"]), w, number, context), .attentionOutput)
            return h + drop(feedForward(norm(h, w["ln2"], w["ln2.bias"]), w, context), .feedForwardOutput)
        }
        return norm(y_BTD, weights.outer["ln_f"], weights.outer["ln_f.bias"])
    }

    private func attention(_ x: Value, _ w: Weights, _ block: BlockNumber, _ context: ForwardContext) -> Value {
        let c = configuration
        let x_BTD = x.fannedOut(over: context.tensor)
        let heads = { (name: String) in
            (einsum("btd,ed->bte", x_BTD, w["attn.\(name)"].converted(to: x.element)) + w["attn.\(name).bias"].converted(to: x.element))
                .reshaped([x.shape[0], x.shape[1], -1, c.headDimension])
        }
        let (q_BTNH, k_BTNH, v_BTNH) = (heads("query"), heads("key"), heads("value"))
        let y_BTE: Value
        if let cache = context.cache, case .known(let number) = block {
            y_BTE = cache.attention(q_BTNH, k_BTNH, v_BTNH, block: number)
        } else {
            let dropout = context.dropout.map { dropout in
                { (shares: Value) in
                    let first = context.mesh.coordinate(along: .tensor, in: shares.graph).converted(to: .u32) * Double(shares.shape[1])
                    return dropout(shares, at: .attention, block: block.value(in: shares.graph), second: (first, c.headCount))
                }
            }
            y_BTE = Attention.causal(q_BTNH, k_BTNH, v_BTNH, segments: context.segments, kernel: context.attention, dropout: dropout)
        }
        let y_BTD = einsum("bte,de->btd", y_BTE, w["attn.proj"].converted(to: x.element)).allReduced(over: context.tensor)
        return y_BTD + w["attn.proj.bias"].converted(to: x.element)
    }

    private func feedForward(_ x: Value, _ w: Weights, _ context: ForwardContext) -> Value {
        let x_BTD = x.fannedOut(over: context.tensor)
        let y_BTE = gelu(einsum("btd,ed->bte", x_BTD, w["mlp.fc1"].converted(to: x.element)) + w["mlp.fc1.bias"].converted(to: x.element))
        let y_BTD = einsum("bte,de->btd", y_BTE, w["mlp.fc2"].converted(to: x.element)).allReduced(over: context.tensor)
        return y_BTD + w["mlp.fc2.bias"].converted(to: x.element)
    }

    /// x Φ(x), with the exact normal distribution or its approximation (Hendrycks and Gimpel, arXiv:1606.08415).
    private func gelu(_ x: Value) -> Value {
        switch configuration.activation {
        case .gelu: x * (erf(x * 0.5.squareRoot()) + 1) * 0.5
        case .approximateGELU: x * (tanh((x + x * x * x * 0.044715) * (2 / Double.pi).squareRoot()) + 1) * 0.5
        }
    }

    private func norm(_ x: Value, _ scale: Value, _ bias: Value) -> Value {
        layerNorm(x, scale: scale, bias: bias, epsilon: configuration.normEpsilon)
    }
}

extension GPTModel {
    /// Rows of the embedding and of the output head.
    public var vocabularySize: Int { configuration.vocabularySize }
    /// Width of the residual stream.
    public var hiddenSize: Int { configuration.hiddenSize }
    /// Number of blocks.
    public var layerCount: Int { configuration.layerCount }
    /// Longest sequence, in tokens.
    public var contextLength: Int { configuration.contextLength }
    /// What the cache for generation holds of each token and block.
    public var keyValueShape: (heads: Int, headDimension: Int) { (configuration.headCount, configuration.headDimension) }
    /// Width of all heads of a block together.
    public var attentionWidth: Int { configuration.hiddenSize }
    /// Share of activations that fall out in training.
    public var dropoutRate: Double { configuration.dropoutRate }
    /// The weight that turns tokens into hidden states.
    public var embeddingName: String { "token_embedding" }
    /// The weight that turns hidden states into logits.
    public var headName: String { configuration.isHeadTied ? embeddingName : "head" }

    /// All weights, under the names of the original checkpoints.
    public var weights: [WeightSpecification] {
        let c = configuration
        let (D, E, L) = (c.hiddenSize, 4 * c.hiddenSize, c.layerCount)
        let start = WeightSpecification.Initialization.normal(standardDeviation: 0.02)

        /// A linear layer whose outputs are dealt out along the tensor axis, or whose inputs are.
        func linear(_ name: String, _ out: Int, _ in: Int, splitsOutputs: Bool) -> [WeightSpecification] {
            [
                WeightSpecification(
                    "blocks.*.\(name).weight", [out, `in`], start, sharding: .split(splitsOutputs ? 0 : 1, .tensor), decays: true, blocks: L
                ),
                WeightSpecification(
                    "blocks.*.\(name).bias", [out], .constant(0), sharding: splitsOutputs ? .split(0, .tensor) : .replicated, decays: false,
                    blocks: L),
            ]
        }
        func norm(_ name: String, blocks: Int?) -> [WeightSpecification] {
            [
                WeightSpecification("\(name).weight", [D], .constant(1), decays: false, blocks: blocks),
                WeightSpecification("\(name).bias", [D], .constant(0), decays: false, blocks: blocks),
            ]
        }

        var all = [
            WeightSpecification("token_embedding.weight", [c.vocabularySize, D], start, decays: true),
            WeightSpecification("position_embedding", [1, c.contextLength, D], start, decays: true),
        ]
        all += norm("blocks.*.ln1", blocks: L)
        for name in ["query", "key", "value"] { all += linear("attn.\(name)", D, D, splitsOutputs: true) }
        all += linear("attn.proj", D, D, splitsOutputs: false)
        all += norm("blocks.*.ln2", blocks: L)
        all += linear("mlp.fc1", E, D, splitsOutputs: true) + linear("mlp.fc2", D, E, splitsOutputs: false)
        all += norm("ln_f", blocks: nil)
        if !c.isHeadTied { all.append(WeightSpecification("head.weight", [c.vocabularySize, D], start, decays: true)) }
        return all
    }

    /// - Throws: where heads do not divide among the devices of the tensor axis.
    public func validate(on mesh: Mesh) throws(ModelError) {
        let devices = mesh.size(.tensor)
        guard configuration.headCount % devices == 0 else {
            throw ModelError(
                "mesh \(mesh): \(configuration.headCount) heads do not divide among \(devices) devices; choose a tensor axis that divides them"
            )
        }
    }
}

import PJRT
import SPMD
import StableHLO

/// Argonne 2 and its neighbours (Llama, Qwen2, Qwen3): a decoder with RMSNorm before attention and feed-forward, rotary positions, grouped
/// query heads and SwiGLU.
///
/// Letters in names: B sequences, T tokens, D hidden, E feed-forward width, N query heads, K key/value heads, H head dimension,
/// V vocabulary. N, K and E are those of one device: heads and feed-forward columns are dealt out along the mesh's tensor axis as in
/// Megatron-LM, everything else is on every device. A block sends two messages forward and two backward.
public struct DecoderModel: LanguageModel {
    /// The model's shape.
    public let configuration: DecoderConfiguration

    /// A model of the given shape.
    /// - Throws: where no decoder has this shape.
    public init(_ configuration: DecoderConfiguration) throws(ModelError) {
        try configuration.validate()
        self.configuration = configuration
    }

    /// Final hidden states [B, T, D] of tokens [B, T].
    public func hidden(_ tokens: Value, _ weights: ModelWeights, _ context: ForwardContext) -> Value {
        let T = tokens.shape[1]
        let positions = context.cache?.positions(T) ?? tokens.graph.iota([T])
        let rotary = RotaryEmbedding(
            headDimension: configuration.headDimension, theta: configuration.ropeTheta, scaling: configuration.ropeScaling
        ).tables(at: positions)

        let x_BTD = context.embed(tokens, in: weights.outer["model.embed_tokens"])
        let y_BTD = weights.throughBlocks(x_BTD, context.recomputation) { number, w, x in
            let h = x + attention(norm(x, w["input_layernorm"]), w, rotary, number, context)
            return h + feedForward(norm(h, w["post_attention_layernorm"]), w, context)
        }
        return norm(y_BTD, weights.outer["model.norm"])
    }

    private func attention(
        _ x: Value, _ w: Weights, _ rotary: (cos: Value, sin: Value), _ block: BlockNumber, _ context: ForwardContext
    ) -> Value {
        let c = configuration
        let x_BTD = x.fannedOut(over: context.tensor)
        let (B, T, H) = (x.shape[0], x.shape[1], c.headDimension)

        func heads(_ name: String) -> Value {
            var y = einsum("btd,ed->bte", x_BTD, w["self_attn.\(name)_proj"].converted(to: x.element))
            if c.hasQueryKeyValueBias { y = y + w["self_attn.\(name)_proj.bias"].converted(to: x.element) }
            return y.reshaped([B, T, -1, H])
        }
        func normalized(_ y: Value, _ name: String) -> Value {
            c.hasQueryKeyNorm ? norm(y, w["self_attn.\(name)_norm"].fannedOut(over: context.tensor)) : y
        }

        let q_BTNH = RotaryEmbedding.rotate(normalized(heads("q"), "q"), rotary)
        let k_BTKH = RotaryEmbedding.rotate(normalized(heads("k"), "k"), rotary)
        let v_BTKH = heads("v")

        let y_BTE: Value
        if let cache = context.cache, case .known(let block) = block {
            y_BTE = cache.attention(q_BTNH, k_BTKH, v_BTKH, block: block, window: c.slidingWindow)
        } else {
            y_BTE = Attention.causal(q_BTNH, k_BTKH, v_BTKH, segments: context.segments, window: c.slidingWindow, kernel: context.attention)
        }
        return einsum("bte,de->btd", y_BTE, w["self_attn.o_proj"].converted(to: x.element)).allReduced(over: context.tensor)
    }

    private func feedForward(_ x: Value, _ w: Weights, _ context: ForwardContext) -> Value {
        let x_BTD = x.fannedOut(over: context.tensor)
        let gate_BTE = einsum("btd,ed->bte", x_BTD, w["mlp.gate_proj"].converted(to: x.element))
        let up_BTE = einsum("btd,ed->bte", x_BTD, w["mlp.up_proj"].converted(to: x.element))
        let y_BTE = gate_BTE * sigmoid(gate_BTE) * up_BTE
        return einsum("bte,de->btd", y_BTE, w["mlp.down_proj"].converted(to: x.element)).allReduced(over: context.tensor)
    }

    private func norm(_ x: Value, _ scale: Value) -> Value {
        rootMeanSquareNorm(x, scale: scale, epsilon: configuration.normEpsilon)
    }
}

extension DecoderModel {
    /// Rows of the embedding and of the output head.
    public var vocabularySize: Int { configuration.vocabularySize }
    /// Width of the residual stream.
    public var hiddenSize: Int { configuration.hiddenSize }
    /// Number of blocks.
    public var layerCount: Int { configuration.layerCount }
    /// Longest sequence, in tokens.
    public var contextLength: Int { configuration.contextLength }
    /// What the cache for generation holds of each token and block.
    public var keyValueShape: (heads: Int, headDimension: Int) { (configuration.keyValueHeadCount, configuration.headDimension) }
    /// Width of all query heads of a block together.
    public var attentionWidth: Int { configuration.headCount * configuration.headDimension }
    /// No dropout.
    public var dropoutRate: Double { 0 }
    /// The weight that turns tokens into hidden states.
    public var embeddingName: String { "model.embed_tokens" }
    /// The weight that turns hidden states into logits.
    public var headName: String { configuration.isHeadTied ? "model.embed_tokens" : "lm_head" }

    /// All weights, under the names of a Hugging Face checkpoint.
    public var weights: [WeightSpecification] {
        let c = configuration
        let (D, E, L) = (c.hiddenSize, c.intermediateSize, c.layerCount)
        let (queries, keys) = (c.headCount * c.headDimension, c.keyValueHeadCount * c.headDimension)
        let width = 1 / Double(D).squareRoot()
        let depth = 1 / Double(2 * L).squareRoot()
        let input = WeightSpecification.Initialization.normal(standardDeviation: width)
        let residual = WeightSpecification.Initialization.normal(
            standardDeviation: c.residualInitialization == .scaled ? width * depth : depth)

        /// A projection whose rows (outputs) or columns (inputs) are dealt out along the tensor axis.
        func matrix(_ name: String, _ out: Int, _ in: Int, _ start: WeightSpecification.Initialization, split dimension: Int)
            -> WeightSpecification
        {
            WeightSpecification(
                "model.layers.*.\(name).weight", [out, `in`], start, sharding: .split(dimension, .tensor), decays: true, blocks: L)
        }
        func scale(_ name: String, _ size: Int) -> WeightSpecification {
            WeightSpecification("model.layers.*.\(name).weight", [size], .constant(1), decays: false, blocks: L)
        }
        func bias(_ name: String, _ size: Int) -> WeightSpecification {
            WeightSpecification("model.layers.*.\(name).bias", [size], .constant(0), sharding: .split(0, .tensor), decays: false, blocks: L)
        }

        var all = [WeightSpecification("model.embed_tokens.weight", [c.vocabularySize, D], input, decays: true)]
        all.append(scale("input_layernorm", D))
        all += [matrix("self_attn.q_proj", queries, D, input, split: 0), matrix("self_attn.k_proj", keys, D, input, split: 0)]
        all += [matrix("self_attn.v_proj", keys, D, input, split: 0), matrix("self_attn.o_proj", D, queries, residual, split: 1)]
        if c.hasQueryKeyValueBias {
            all += [bias("self_attn.q_proj", queries), bias("self_attn.k_proj", keys), bias("self_attn.v_proj", keys)]
        }
        if c.hasQueryKeyNorm { all += [scale("self_attn.q_norm", c.headDimension), scale("self_attn.k_norm", c.headDimension)] }
        all.append(scale("post_attention_layernorm", D))
        all += [matrix("mlp.gate_proj", E, D, input, split: 0), matrix("mlp.up_proj", E, D, input, split: 0)]
        all.append(matrix("mlp.down_proj", D, E, residual, split: 1))
        all.append(WeightSpecification("model.norm.weight", [D], .constant(1), decays: false))
        if !c.isHeadTied { all.append(WeightSpecification("lm_head.weight", [c.vocabularySize, D], input, decays: true)) }
        return all
    }

    /// - Throws: where heads or feed-forward columns do not divide among the devices of the tensor axis.
    public func validate(on mesh: Mesh) throws(ModelError) {
        let devices = mesh.size(.tensor)
        let parts = [
            ("query heads", configuration.headCount), ("key/value heads", configuration.keyValueHeadCount),
            ("feed-forward columns", configuration.intermediateSize),
        ]
        for (name, count) in parts where count % devices != 0 {
            throw ModelError(
                "mesh \(mesh): \(count) \(name) do not divide among \(devices) devices; choose a tensor axis that divides \(count)")
        }
    }
}

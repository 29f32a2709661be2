import Foundation

/// The shape of a decoder of the Llama family, in the keys of Hugging Face's `config.json`. Argonne 2 is one of them.
public struct DecoderConfiguration: Codable, Sendable, Hashable {
    /// Rows of the embedding: the tokenizer's entries.
    public var vocabularySize: Int
    /// Width of the residual stream (D).
    public var hiddenSize: Int
    /// Width of the feed-forward layer (E).
    public var intermediateSize: Int
    /// Number of blocks.
    public var layerCount: Int
    /// Query heads (N).
    public var headCount: Int
    /// Key/value heads (K), each shared by N/K query heads.
    public var keyValueHeadCount: Int
    /// Size of a head (H).
    public var headDimension: Int
    /// Longest sequence, in tokens.
    public var contextLength: Int
    /// Added to the mean square before its root.
    public var normEpsilon: Double
    /// Base of the rotary frequencies.
    public var ropeTheta: Double
    /// Llama 3's change of the rotary frequencies.
    public var ropeScaling: RotaryScaling?
    /// Whether the output head is the embedding.
    public var isHeadTied: Bool
    /// Whether queries, keys and values have biases (Qwen2).
    public var hasQueryKeyValueBias: Bool
    /// Whether queries and keys are normalised within each head (Qwen3).
    public var hasQueryKeyNorm: Bool
    /// How many tokens back a query sees; nil for all.
    public var slidingWindow: Int?
    /// How the projections that write to the residual stream begin.
    public var residualInitialization: ResidualInitialization

    /// Standard deviation of the projections that write to the residual stream.
    public enum ResidualInitialization: String, Codable, Sendable {
        /// hidden^(−1/2) / √(2 · layers): the sum over all layers begins with the width of one.
        case scaled
        /// (2 · layers)^(−1/2), as the original Argonne 2 had it.
        case argonne
    }

    /// A decoder with a tied head, no biases and the given shape.
    public init(
        vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int, headCount: Int, keyValueHeadCount: Int,
        contextLength: Int, headDimension: Int? = nil
    ) {
        self.vocabularySize = vocabularySize
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headDimension = headDimension ?? hiddenSize / max(headCount, 1)
        self.contextLength = contextLength
        normEpsilon = 1e-6
        ropeTheta = 10_000
        ropeScaling = nil
        isHeadTied = true
        hasQueryKeyValueBias = false
        hasQueryKeyNorm = false
        slidingWindow = nil
        residualInitialization = .scaled
    }

    enum CodingKeys: String, CodingKey {
        case vocabularySize = "vocab_size"
        case hiddenSize = "hidden_size"
        case intermediateSize = "intermediate_size"
        case layerCount = "num_hidden_layers"
        case headCount = "num_attention_heads"
        case keyValueHeadCount = "num_key_value_heads"
        case headDimension = "head_dim"
        case contextLength = "max_position_embeddings"
        case normEpsilon = "rms_norm_eps"
        case ropeTheta = "rope_theta"
        case ropeScaling = "rope_scaling"
        case ropeParameters = "rope_parameters"
        case isHeadTied = "tie_word_embeddings"
        case hasQueryKeyValueBias = "attention_bias"
        case slidingWindow = "sliding_window"
        case usesSlidingWindow = "use_sliding_window"
        case firstWindowLayer = "max_window_layers"
        case residualInitialization = "residual_initialization"
        case modelType = "model_type"
        case architectures
        case activation = "hidden_act"
        case hasFeedForwardBias = "mlp_bias"
    }

    /// The architecture's name in `model_type`.
    public var modelType: String { hasQueryKeyNorm ? "qwen3" : hasQueryKeyValueBias ? "qwen2" : "llama" }

    /// Reads a `config.json` of Llama, Qwen2 or Qwen3, or Argonne 2's own, which is Llama's.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let modelType = try values.decodeIfPresent(String.self, forKey: .modelType) ?? "llama"
        guard ["llama", "qwen2", "qwen3", "argonne2"].contains(modelType) else {
            throw DecodingError.dataCorruptedError(
                forKey: .modelType, in: values,
                debugDescription: "model_type \(modelType) is not known (llama, qwen2, qwen3, gpt2)")
        }
        if let activation = try values.decodeIfPresent(String.self, forKey: .activation), activation != "silu" {
            throw DecodingError.dataCorruptedError(
                forKey: .activation, in: values, debugDescription: "hidden_act \(activation) is not supported, only silu")
        }
        if try values.decodeIfPresent(Bool.self, forKey: .hasFeedForwardBias) == true {
            throw DecodingError.dataCorruptedError(forKey: .hasFeedForwardBias, in: values, debugDescription: "mlp_bias is not supported")
        }
        vocabularySize = try values.decode(Int.self, forKey: .vocabularySize)
        hiddenSize = try values.decode(Int.self, forKey: .hiddenSize)
        intermediateSize = try values.decode(Int.self, forKey: .intermediateSize)
        layerCount = try values.decode(Int.self, forKey: .layerCount)
        headCount = try values.decode(Int.self, forKey: .headCount)
        keyValueHeadCount = try values.decodeIfPresent(Int.self, forKey: .keyValueHeadCount) ?? headCount
        headDimension = try values.decodeIfPresent(Int.self, forKey: .headDimension) ?? hiddenSize / max(headCount, 1)
        contextLength = try values.decode(Int.self, forKey: .contextLength)
        normEpsilon = try values.decodeIfPresent(Double.self, forKey: .normEpsilon) ?? 1e-6
        // Newer files keep the rotary numbers in an object of their own.
        let parameters = try values.decodeIfPresent(RotaryParameters.self, forKey: .ropeParameters)
        ropeTheta = try values.decodeIfPresent(Double.self, forKey: .ropeTheta) ?? parameters?.theta ?? 10_000
        ropeScaling = try values.decodeIfPresent(RotaryScaling.self, forKey: .ropeScaling) ?? parameters?.scaling
        isHeadTied = try values.decodeIfPresent(Bool.self, forKey: .isHeadTied) ?? (modelType == "argonne2")
        hasQueryKeyValueBias = modelType == "qwen2"
        if try values.decodeIfPresent(Bool.self, forKey: .hasQueryKeyValueBias) == true, !hasQueryKeyValueBias {
            throw DecodingError.dataCorruptedError(
                forKey: .hasQueryKeyValueBias, in: values,
                debugDescription: "attention_bias is not supported for \(modelType), whose output projection would have one too")
        }
        hasQueryKeyNorm = modelType == "qwen3"
        slidingWindow = try Self.slidingWindow(values, isQwen: modelType.hasPrefix("qwen"), layerCount: layerCount)
        residualInitialization = try values.decodeIfPresent(ResidualInitialization.self, forKey: .residualInitialization) ?? .scaled
    }

    /// Qwen's blocks from number `max_window_layers` on have the window, and only where `use_sliding_window` says so.
    private static func slidingWindow(
        _ values: KeyedDecodingContainer<CodingKeys>, isQwen: Bool, layerCount: Int
    ) throws -> Int? {
        let isUsed = try values.decodeIfPresent(Bool.self, forKey: .usesSlidingWindow) ?? !isQwen
        guard isUsed, let window = try values.decodeIfPresent(Int.self, forKey: .slidingWindow) else { return nil }
        let first = isQwen ? try values.decodeIfPresent(Int.self, forKey: .firstWindowLayer) ?? 28 : 0
        guard first == 0 || first >= layerCount else {
            throw DecodingError.dataCorruptedError(
                forKey: .firstWindowLayer, in: values,
                debugDescription: "max_window_layers \(first) is not supported: all \(layerCount) blocks have the window (0) or none has")
        }
        return first == 0 ? window : nil
    }

    private struct RotaryParameters: Decodable {
        let theta: Double?
        let scaling: RotaryScaling?

        enum CodingKeys: String, CodingKey {
            case theta = "rope_theta"
            case type = "rope_type"
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            theta = try values.decodeIfPresent(Double.self, forKey: .theta)
            let type = try values.decodeIfPresent(String.self, forKey: .type) ?? "default"
            scaling = type == "default" ? nil : try RotaryScaling(from: decoder)
        }
    }

    /// Writes a `config.json` that transformers loads as the same architecture.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        let classes = ["llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"]
        try values.encode(modelType, forKey: .modelType)
        try values.encode([classes[modelType] ?? ""], forKey: .architectures)
        try values.encode(vocabularySize, forKey: .vocabularySize)
        try values.encode(hiddenSize, forKey: .hiddenSize)
        try values.encode(intermediateSize, forKey: .intermediateSize)
        try values.encode(layerCount, forKey: .layerCount)
        try values.encode(headCount, forKey: .headCount)
        try values.encode(keyValueHeadCount, forKey: .keyValueHeadCount)
        try values.encode(headDimension, forKey: .headDimension)
        try values.encode(contextLength, forKey: .contextLength)
        try values.encode(normEpsilon, forKey: .normEpsilon)
        try values.encode(ropeTheta, forKey: .ropeTheta)
        try values.encodeIfPresent(ropeScaling, forKey: .ropeScaling)
        try values.encode(isHeadTied, forKey: .isHeadTied)
        try values.encode(hasQueryKeyValueBias, forKey: .hasQueryKeyValueBias)
        try values.encodeIfPresent(slidingWindow, forKey: .slidingWindow)
        if modelType != "llama" {
            try values.encode(slidingWindow != nil, forKey: .usesSlidingWindow)
            try values.encode(slidingWindow == nil ? layerCount : 0, forKey: .firstWindowLayer)
        }
        try values.encode(residualInitialization, forKey: .residualInitialization)
        try values.encode("silu", forKey: .activation)
    }

    /// - Throws: `ModelError` where no decoder has this shape.
    public func validate() throws(ModelError) {
        let positives = [
            "vocab_size": vocabularySize, "hidden_size": hiddenSize, "intermediate_size": intermediateSize, "num_hidden_layers": layerCount,
            "num_attention_heads": headCount, "num_key_value_heads": keyValueHeadCount, "head_dim": headDimension,
            "max_position_embeddings": contextLength,
        ]
        for (name, number) in positives.sorted(by: { $0.key < $1.key }) where number <= 0 {
            throw ModelError("\(name) is \(number) and must be positive")
        }
        guard headCount % keyValueHeadCount == 0 else {
            throw ModelError("\(headCount) query heads cannot share \(keyValueHeadCount) key/value heads equally")
        }
        guard !hasQueryKeyNorm || !hasQueryKeyValueBias else {
            throw ModelError("no architecture has both normalised queries and keys (Qwen3) and their biases (Qwen2)")
        }
        guard headDimension % 2 == 0 else { throw ModelError("head_dim \(headDimension) is odd; rotary embedding pairs its halves") }
    }
}

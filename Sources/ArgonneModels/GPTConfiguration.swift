import Foundation

/// The shape of Argonne 1.0 and 1.5, and of GPT-2, in the keys of Hugging Face's GPT-2 `config.json`.
public struct GPTConfiguration: Codable, Sendable, Hashable {
    /// Rows of the embedding: the tokenizer's entries.
    public var vocabularySize: Int
    /// Width of the residual stream (D); the feed-forward layer is four times as wide.
    public var hiddenSize: Int
    /// Number of blocks.
    public var layerCount: Int
    /// Attention heads (N).
    public var headCount: Int
    /// Longest sequence, in tokens.
    public var contextLength: Int
    /// Added to the variance before its root.
    public var normEpsilon: Double
    /// Share of embeddings, attention weights and outputs that fall out in training.
    public var dropoutRate: Double
    /// How a feed-forward layer bends what passes through it.
    public var activation: Activation
    /// Whether the output head is the embedding, as in GPT-2.
    public var isHeadTied: Bool

    /// The feed-forward layer's function.
    public enum Activation: String, Codable, Sendable {
        /// x Φ(x), as in Argonne 1.
        case gelu
        /// Its approximation by a hyperbolic tangent, as in GPT-2.
        case approximateGELU = "gelu_new"
    }

    /// A model of the given shape with the originals' dropout.
    public init(vocabularySize: Int, hiddenSize: Int, layerCount: Int, headCount: Int, contextLength: Int, dropoutRate: Double = 0.1) {
        self.vocabularySize = vocabularySize
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.contextLength = contextLength
        self.dropoutRate = dropoutRate
        normEpsilon = 1e-5
        activation = .gelu
        isHeadTied = false
    }

    /// Size of a head (H).
    public var headDimension: Int { hiddenSize / headCount }

    enum CodingKeys: String, CodingKey {
        case vocabularySize = "vocab_size"
        case hiddenSize = "n_embd"
        case layerCount = "n_layer"
        case headCount = "n_head"
        case contextLength = "n_positions"
        case originalContextLength = "block_size"
        case normEpsilon = "layer_norm_epsilon"
        case attentionDropout = "attn_pdrop"
        case embeddingDropout = "embd_pdrop"
        case residualDropout = "resid_pdrop"
        case originalDropout = "dropout"
        case activation = "activation_function"
        case isHeadTied = "tie_word_embeddings"
        case innerSize = "n_inner"
        case scalesScores = "scale_attn_weights"
        case scalesScoresByLayer = "scale_attn_by_inverse_layer_idx"
        case modelType = "model_type"
    }

    /// Reads a `config.json` of GPT-2, of Argonne 1 in its keys, or of an original Argonne 1 checkpoint in its own.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let isOriginal = try values.decodeIfPresent(String.self, forKey: .modelType) == "argonne"
        func refuse(_ key: CodingKeys, _ what: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: values, debugDescription: "\(key.stringValue): \(what)")
        }
        vocabularySize = try values.decode(Int.self, forKey: .vocabularySize)
        hiddenSize = try values.decode(Int.self, forKey: .hiddenSize)
        layerCount = try values.decode(Int.self, forKey: .layerCount)
        headCount = try values.decode(Int.self, forKey: .headCount)
        contextLength = try values.decode(Int.self, forKey: isOriginal ? .originalContextLength : .contextLength)
        normEpsilon = try values.decodeIfPresent(Double.self, forKey: .normEpsilon) ?? 1e-5
        let rateKeys: [CodingKeys] = isOriginal ? [.originalDropout] : [.embeddingDropout, .attentionDropout, .residualDropout]
        let rates = try rateKeys.map {
            try values.decodeIfPresent(Double.self, forKey: $0) ?? 0.1
        }
        guard Set(rates).count == 1, (0..<1).contains(rates[0]) else {
            throw refuse(rateKeys[0], "the dropout rates \(rates) must be one number below 1")
        }
        dropoutRate = rates[0]
        if isOriginal {
            (activation, isHeadTied) = (.gelu, false)
        } else {
            let name = try values.decodeIfPresent(String.self, forKey: .activation) ?? "gelu_new"
            guard let known = Activation(rawValue: name) else {
                throw refuse(.activation, "\(name) is not supported, only gelu and gelu_new")
            }
            activation = known
            isHeadTied = try values.decodeIfPresent(Bool.self, forKey: .isHeadTied) ?? true
        }
        for (key, standard) in [(CodingKeys.scalesScores, true), (.scalesScoresByLayer, false)] {
            guard try values.decodeIfPresent(Bool.self, forKey: key) ?? standard == standard else {
                throw refuse(key, "must be \(standard)")
            }
        }
        if let inner = try values.decodeIfPresent(Int.self, forKey: .innerSize), inner != 4 * hiddenSize {
            throw refuse(.innerSize, "\(inner) is not four times the hidden size")
        }
    }

    /// Writes a `config.json` in GPT-2's keys. The `model_type` is our own, as the names of the weights are: transformers would take them for
    /// another model's and begin with random ones.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode("argonne1", forKey: .modelType)
        try values.encode(vocabularySize, forKey: .vocabularySize)
        try values.encode(hiddenSize, forKey: .hiddenSize)
        try values.encode(layerCount, forKey: .layerCount)
        try values.encode(headCount, forKey: .headCount)
        try values.encode(contextLength, forKey: .contextLength)
        try values.encode(normEpsilon, forKey: .normEpsilon)
        for key in [CodingKeys.embeddingDropout, .attentionDropout, .residualDropout] { try values.encode(dropoutRate, forKey: key) }
        try values.encode(activation, forKey: .activation)
        try values.encode(isHeadTied, forKey: .isHeadTied)
    }

    /// - Throws: `ModelError` where no model has this shape.
    public func validate() throws(ModelError) {
        let positives = [
            ("vocab_size", vocabularySize), ("n_embd", hiddenSize), ("n_layer", layerCount), ("n_head", headCount),
            ("n_positions", contextLength),
        ]
        for (name, number) in positives where number <= 0 { throw ModelError("\(name) is \(number) and must be positive") }
        guard hiddenSize % headCount == 0 else {
            throw ModelError("a hidden size of \(hiddenSize) does not divide among \(headCount) heads")
        }
    }
}

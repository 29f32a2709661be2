import ArgonneModels

/// A way in which a model's weights are named and stored in files.
///
/// The model's own names, those of `WeightSpecification`, are transformers' for decoders of the Llama family and the originals' for Argonne
/// 1, so two of the layouts store every weight as it is.
public enum WeightLayout: String, Sendable, CaseIterable {
    /// Transformers' Llama, Qwen2 and Qwen3.
    case llama
    /// The original Argonne 2 checkpoints.
    case argonne2
    /// Transformers' GPT-2: linear layers are [inputs, outputs], and query, key and value are one.
    case gpt2
    /// The original Argonne 1.0 and 1.5 checkpoints, those of pipeline-parallel training among them.
    case argonne1

    /// The layout of checkpoints and of what `argonne import` writes.
    public static func own(for configuration: ModelConfiguration) -> WeightLayout {
        switch configuration {
        case .decoder: .llama
        case .gpt: .argonne1
        }
    }

    /// The layout that transformers loads.
    public static func transformers(for configuration: ModelConfiguration) -> WeightLayout {
        switch configuration {
        case .decoder: .llama
        case .gpt: .gpt2
        }
    }

    /// The layout of the original checkpoints.
    public static func original(for configuration: ModelConfiguration) -> WeightLayout {
        switch configuration {
        case .decoder: .argonne2
        case .gpt: .argonne1
        }
    }

    /// The layouts that a model can be stored in.
    static func all(for configuration: ModelConfiguration) -> [WeightLayout] {
        switch configuration {
        case .decoder: [.llama, .argonne2]
        case .gpt: [.argonne1, .gpt2]
        }
    }

    /// The name of the embedding, by which a layout is told from the others.
    var embeddingName: String {
        switch self {
        case .llama: "model.embed_tokens.weight"
        case .argonne2: "embed_tokens.weight"
        case .gpt2: "transformer.wte.weight"
        case .argonne1: "token_embedding.weight"
        }
    }

    /// The tensors that hold a model's weights, each weight once, sorted by name.
    func tensors(of model: any LanguageModel) -> [StoredTensor] {
        var tensors: [String: StoredTensor] = [:]
        for weight in model.weights {
            for block in 0..<(weight.blocks ?? 1) {
                let tensor = stored(weight, inBlock: block)
                if tensors[tensor.name]?.append(tensor) == nil { tensors[tensor.name] = tensor }
            }
        }
        return tensors.values.sorted { $0.name < $1.name }
    }

    /// Tensors that repeat a weight: a head that is tied to the embedding. The original Argonne 2 always stored it, transformers does not
    /// need to; it may be there or not in what is read.
    func copies(of model: any LanguageModel) -> [StoredTensor] {
        guard model.headName == model.embeddingName else { return [] }
        return [
            StoredTensor("lm_head.weight", holding: model.embeddingName + ".weight", shape: [model.vocabularySize, model.hiddenSize])
        ]
    }

    /// Whether `copies` are written.
    var writesCopies: Bool { self == .argonne2 }

    /// Whether a tensor of a file is not a weight but something that is computed when a model is made: rotary frequencies or a causal mask.
    /// The name is the layout's.
    static func isComputed(_ name: String) -> Bool {
        let parts = name.split(separator: ".")
        return name.hasSuffix(".rotary_emb.inv_freq")
            || parts.count == 5 && parts.starts(with: ["transformer", "h"]) && parts[3] == "attn"
                && ["bias", "masked_bias"].contains(parts[4])
            || parts.count == 4 && parts[0] == "blocks" && parts[2] == "attn" && parts[3] == "mask"
    }

    private func stored(_ weight: WeightSpecification, inBlock block: Int) -> StoredTensor {
        let own = weight.name(inBlock: block)
        switch self {
        case .llama, .argonne1: return StoredTensor(own, holding: own, shape: weight.shape)
        case .argonne2: return StoredTensor(Self.replacing(Self.argonne2Names, in: own), holding: own, shape: weight.shape)
        case .gpt2:
            return StoredTensor(
                Self.replacing(Self.gpt2Names, in: own), holding: own,
                shape: own == "position_embedding" ? Array(weight.shape.dropFirst()) : weight.shape,
                isTransposed: weight.blocks != nil && weight.shape.count == 2)
        }
    }

    private static func replacing(_ names: [(own: String, stored: String)], in name: String) -> String {
        names.reduce(name) { $0.replacing($1.own, with: $1.stored) }
    }

    private static let argonne2Names = [
        ("model.layers.", "blocks."), ("model.", ""), ("input_layernorm", "input_norm"), ("post_attention_layernorm", "post_norm"),
        ("self_attn.", "attn."),
    ]
    private static let gpt2Names = [
        ("token_embedding.", "transformer.wte."), ("position_embedding", "transformer.wpe.weight"), ("ln_f.", "transformer.ln_f."),
        ("head.", "lm_head."), ("blocks.", "transformer.h."), (".ln1.", ".ln_1."), (".ln2.", ".ln_2."), ("attn.query.", "attn.c_attn."),
        ("attn.key.", "attn.c_attn."), ("attn.value.", "attn.c_attn."), ("attn.proj.", "attn.c_proj."), ("mlp.fc1.", "mlp.c_fc."),
        ("mlp.fc2.", "mlp.c_proj."),
    ]
}

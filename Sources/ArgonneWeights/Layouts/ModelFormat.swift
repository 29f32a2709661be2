import ArgonneModels
import JSON
import PJRT

/// How a model is written to files.
public struct ModelFormat: Sendable {
    /// Names and forms of the tensors.
    public var layout: WeightLayout
    /// The type of all elements; nil for the one that each tensor has.
    public var type: ElementType?
    /// The greatest size of a file, unless a single tensor is larger.
    public var maximumShardByteCount: Int
    /// Ids of tokens that `config.json` names.
    public var tokens: SpecialTokenIDs

    /// A format.
    public init(
        _ layout: WeightLayout, type: ElementType? = nil, maximumShardByteCount: Int = 5_000_000_000,
        tokens: SpecialTokenIDs = SpecialTokenIDs()
    ) {
        self.layout = layout
        self.type = type
        self.maximumShardByteCount = maximumShardByteCount
        self.tokens = tokens
    }

    /// The `config.json` of a model in this format, whose elements are of this type.
    ///
    /// Only what transformers loads says so: the others have a `model_type` of their own, which transformers refuses by name.
    func json(_ configuration: ModelConfiguration, elements: ElementType) throws -> JSONValue {
        var members = try JSONValue(parsing: Array(configuration.json().utf8)).members ?? []
        func set(_ key: String, _ value: JSONValue?) {
            members.removeAll { $0.key == key }
            if let value { members.append(JSONValue.Member(key, value)) }
        }
        switch layout {
        case .llama: break
        case .gpt2:
            set("model_type", "gpt2")
            set("architectures", ["GPT2LMHeadModel"])
        case .argonne1, .argonne2:
            set("model_type", .string(layout.rawValue))
            set("architectures", nil)
        }
        set("torch_dtype", .string([.f32: "float32", .f16: "float16", .bf16: "bfloat16"][elements] ?? elements.rawValue))
        for (key, value) in tokens.members { set(key, value) }
        return .object(members.sorted { $0.key < $1.key })
    }
}

/// Ids of the tokens that have a role, as `config.json` and `generation_config.json` name them.
public struct SpecialTokenIDs: Sendable {
    /// The id that opens a document.
    public var beginning: Int?
    /// The id that closes a document.
    public var end: Int?
    /// The id that fills the rest of a row.
    public var padding: Int?

    /// Ids, or none.
    public init(beginning: Int? = nil, end: Int? = nil, padding: Int? = nil) {
        self.beginning = beginning
        self.end = end
        self.padding = padding
    }

    /// The ids by transformers' keys. Those that there are not are null: left out, transformers would take GPT-2's.
    var members: [(key: String, value: JSONValue)] {
        [("bos_token_id", beginning), ("eos_token_id", end), ("pad_token_id", padding)].map { key, id in
            (key, id.map { JSONValue(integerLiteral: $0) } ?? .null)
        }
    }

    /// The `generation_config.json` that says how transformers generates: it samples as Argonne 2's original script did.
    public var generationConfiguration: String {
        let sampling: [(String, JSONValue)] = [
            ("do_sample", true), ("temperature", .number("0.8")), ("top_k", 50), ("top_p", .number("0.95")),
        ]
        return JSONValue.object((members.filter { $0.value != .null } + sampling).map { JSONValue.Member($0.0, $0.1) }).prettyPrinted
    }
}

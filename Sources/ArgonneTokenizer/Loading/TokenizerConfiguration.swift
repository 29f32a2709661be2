import JSON

/// What `tokenizer_config.json` says: the roles of tokens, and how a conversation is written.
struct TokenizerConfiguration: Sendable, Hashable {
    var beginning: String?
    var end: String?
    var padding: String?
    var unknown: String?
    var chatTemplate: String?

    /// Tokens that stand in where the configuration names no BOS: Qwen2.5 has none, and Argonne 2.0 used `<|im_start|>`.
    static let beginnings = ["<|im_start|>", "<|begin_of_text|>", "<|start_of_text|>", "<bos>", "<s>", "<|endoftext|>"]
    /// Tokens that stand in where it names no EOS.
    static let ends = ["<|im_end|>", "<|end_of_text|>", "<eos>", "</s>", "<|endoftext|>"]
    /// Tokens that stand in where it names no padding.
    static let paddings = ["<pad>", "<|pad|>", "<|padding|>"]

    init() {}

    /// Reads `tokenizer_config.json`, or `special_tokens_map.json`.
    init(_ file: JSONValue) {
        beginning = Self.token(file["bos_token"])
        end = Self.token(file["eos_token"])
        padding = Self.token(file["pad_token"])
        unknown = Self.token(file["unk_token"])
        switch file["chat_template"] {
        case .string(let template): chatTemplate = template
        case .array(let templates):
            // Several, by name.
            chatTemplate = templates.first { $0["name"]?.string == "default" }?["template"]?.string
        default: break
        }
    }

    /// A token is a string or an object with its `content`.
    private static func token(_ value: JSONValue?) -> String? {
        value?.string ?? value?["content"]?.string
    }

    /// The added tokens that `added_tokens_decoder` lists.
    static func addedTokens(_ file: JSONValue) -> [AddedToken] {
        (file["added_tokens_decoder"]?.members ?? []).compactMap { member in
            guard let id = Int32(member.key) else { return nil }
            return AddedToken(id: id, member.value)
        }
    }

    /// The JSON that says the same.
    var json: JSONValue {
        func optional(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        var members: [JSONValue.Member] = [
            .init("bos_token", optional(beginning)), .init("eos_token", optional(end)), .init("pad_token", optional(padding)),
            .init("unk_token", optional(unknown)), .init("clean_up_tokenization_spaces", false),
            .init("tokenizer_class", "PreTrainedTokenizerFast"),
        ]
        if let chatTemplate { members.append(.init("chat_template", .string(chatTemplate))) }
        return .object(members)
    }
}

extension AddedToken {
    /// Reads the object that `tokenizer.json` and `tokenizer_config.json` hold for an added token; nil where it has no content.
    init?(id: Int32, _ json: JSONValue) {
        guard let content = json["content"]?.string, !content.isEmpty else { return nil }
        let isSpecial = json["special"]?.bool ?? false
        self.init(
            id: id, content: content, isSpecial: isSpecial, isSingleWord: json["single_word"]?.bool ?? false,
            stripsLeft: json["lstrip"]?.bool ?? false, stripsRight: json["rstrip"]?.bool ?? false,
            isNormalized: json["normalized"]?.bool ?? !isSpecial)
    }

    /// The object that `tokenizer.json` holds for it.
    var json: JSONValue {
        [
            "id": .number("\(id)"), "content": .string(content), "single_word": .bool(isSingleWord), "lstrip": .bool(stripsLeft),
            "rstrip": .bool(stripsRight), "normalized": .bool(isNormalized), "special": .bool(isSpecial),
        ]
    }
}

import Foundation

/// tiktoken's files: a line a token, its bytes in base 64 and its rank, which is its id.
enum TiktokenFile {
    /// What such a file does not say and its name stands for.
    private struct Encoding {
        var names: [String]
        var pattern: Pretokenizer.Pattern
        var specialTokens: [(String, Int32)]
        var composes = false
    }

    private static let encodings: [Encoding] = [
        Encoding(names: ["r50k_base", "p50k_base", "gpt2"], pattern: .gpt2, specialTokens: [("<|endoftext|>", 50256)]),
        Encoding(
            names: ["cl100k_base"], pattern: .gpt4(digits: 3, keepsTrailingSpace: true),
            specialTokens: [
                ("<|endoftext|>", 100_257), ("<|fim_prefix|>", 100_258), ("<|fim_middle|>", 100_259), ("<|fim_suffix|>", 100_260),
                ("<|endofprompt|>", 100_276),
            ]),
        Encoding(names: ["o200k_base"], pattern: .gpt4o, specialTokens: [("<|endoftext|>", 199_999), ("<|endofprompt|>", 200_018)]),
        Encoding(
            names: ["qwen"], pattern: .gpt4(digits: 1, keepsTrailingSpace: false),
            specialTokens: numbered(["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + (0..<205).map { "<|extra_\($0)|>" }, from: 151_643),
            composes: true),
        // Llama 3's file is called tokenizer.model.
        Encoding(
            names: ["tokenizer", "llama3"], pattern: .gpt4(digits: 3, keepsTrailingSpace: false),
            specialTokens: numbered(
                ["<|begin_of_text|>", "<|end_of_text|>"] + (0..<4).map { "<|reserved_special_token_\($0)|>" }
                    + ["<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>"]
                    + (5..<251).map { "<|reserved_special_token_\($0)|>" }, from: 128_000)),
    ]

    private static func numbered(_ tokens: [String], from first: Int32) -> [(String, Int32)] {
        tokens.enumerated().map { ($0.element, first + Int32($0.offset)) }
    }

    /// - Parameter name: the file's name without its extension, which says the pattern and the special tokens.
    static func read(_ content: Data, name: String, path: String) throws(TokenizerError) -> TokenizerDefinition {
        guard let encoding = encodings.first(where: { $0.names.contains(name) }) else {
            throw .unsupported(
                path: path, component: "tiktoken encoding", found: name,
                supported: encodings.flatMap(\.names).joined(separator: ", ") + " (the file's name says which)")
        }
        var definition = TokenizerDefinition(pattern: encoding.pattern, composes: encoding.composes, ignoresMerges: true)
        for (number, line) in content.split(separator: UInt8(ascii: "\n")).enumerated() {
            let fields = line.split(separator: UInt8(ascii: " "))
            guard fields.count == 2, let bytes = Data(base64Encoded: fields[0]), !bytes.isEmpty,
                let id = Int32(String(decoding: fields[1].prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)), id >= 0,
                id < TokenizerDefinition.maximumSize
            else {
                throw .malformed(path: path, reason: "line \(number + 1) is not a token in base 64 and its rank")
            }
            definition.setToken(id, Vocabulary.Token(bytes: Array(bytes), isByteLevel: true))
        }
        for byte in UInt8.min...UInt8.max where !definition.tokens.contains(where: { $0?.bytes == [byte] }) {
            throw .malformed(path: path, reason: "has no token for the byte \(byte)")
        }
        definition.merges = merges(of: definition.tokens)
        for (content, id) in encoding.specialTokens {
            if Int(id) < definition.tokens.count, definition.tokens[Int(id)] != nil {
                throw .malformed(path: path, reason: "has a token \(id), which is \(content) in the encoding \(name)")
            }
            definition.add(AddedToken(id: id, content: content))
        }
        return definition
    }

    /// The merges behind the ranks.
    ///
    /// tiktoken joins two neighbours wherever that gives a token, by the token's rank. A token can only come to be from the two parts
    /// that its own bytes come down to: inside its span, the merges before it happen as if it stood alone. So there is one merge a token,
    /// or none where its bytes come to more than two parts and only a piece that is the whole token has its id.
    private static func merges(of tokens: [Vocabulary.Token?]) -> [Merge] {
        var ids: [[UInt8]: Int32] = [:]
        for (id, token) in tokens.enumerated() { if let token { ids[token.bytes] = Int32(id) } }
        var known: [UInt64: Int32] = [:]
        var merges: [Merge] = []
        for (id, token) in tokens.enumerated() {
            guard let token, token.bytes.count > 1 else { continue }
            var parts = token.bytes.map { ids[[$0]] ?? -1 }
            while parts.count > 2 {
                var least = Int32.max
                var best = 0
                for index in 0..<parts.count - 1 {
                    if let result = known[pair(parts[index], parts[index + 1])], result < least { (least, best) = (result, index) }
                }
                if least == .max { break }
                parts[best] = least
                parts.remove(at: best + 1)
            }
            guard parts.count == 2, known.updateValue(Int32(id), forKey: pair(parts[0], parts[1])) == nil else { continue }
            merges.append(Merge(left: parts[0], right: parts[1], result: Int32(id)))
        }
        return merges
    }

    private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}

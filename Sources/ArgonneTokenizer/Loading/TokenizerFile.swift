import JSON

/// `tokenizer.json` of Hugging Face tokenizers.
enum TokenizerFile {
    static func read(_ file: JSONValue, path: String) throws(TokenizerError) -> TokenizerDefinition {
        var definition = TokenizerDefinition()
        guard let model = file["model"] else { throw .malformed(path: path, reason: "has no \"model\"") }
        try readModel(model, path, &definition)
        for entry in file["added_tokens"]?.elements ?? [] {
            guard let id = entry["id"]?.integer(as: Int.self), id >= 0, id < TokenizerDefinition.maximumSize,
                let token = AddedToken(id: Int32(id), entry)
            else {
                throw .malformed(path: path, reason: "an added token has no id or no content: \(entry.description)")
            }
            definition.add(token)
        }
        definition.composes = try readNormalizer(file["normalizer"] ?? .null, path)
        try readPretokenizer(file["pre_tokenizer"] ?? .null, path, &definition)
        try check(file["decoder"] ?? .null, "decoder", ["ByteLevel"], path)
        definition.postProcessor = file["post_processor"] ?? .null
        return definition
    }

    // MARK: - Model

    private static func readModel(_ model: JSONValue, _ path: String, _ definition: inout TokenizerDefinition) throws(TokenizerError) {
        if let type = model["type"]?.string, type != "BPE" {
            throw .unsupported(path: path, component: "model", found: type, supported: "BPE")
        }
        for (option, ignored) in [
            ("dropout", [.null, 0, .number("0.0")]), ("continuing_subword_prefix", [.null, ""]), ("end_of_word_suffix", [.null, ""]),
            ("fuse_unk", [.null, false]), ("byte_fallback", [.null, false]),
        ] as [(String, [JSONValue])] {
            if let value = model[option], !ignored.contains(value) {
                throw .unsupported(
                    path: path, component: "model option", found: "\(option) = \(value.description)", supported: "\(option) unset")
            }
        }
        guard let vocabulary = model["vocab"]?.members, let merges = model["merges"]?.elements else {
            throw .malformed(path: path, reason: "\"model\" has no \"vocab\" object or no \"merges\" array")
        }
        try definition.readVocabulary(vocabulary, path: path)
        var pairs: [(left: String, right: String)] = []
        pairs.reserveCapacity(merges.count)
        for merge in merges { pairs.append(try pair(merge, path)) }
        try definition.readMerges(pairs, path: path)
        definition.ignoresMerges = model["ignore_merges"]?.bool ?? false
        definition.unknown = model["unk_token"]?.string.flatMap(definition.id(of:))
    }

    /// A merge is "left right" or ["left", "right"].
    private static func pair(_ merge: JSONValue, _ path: String) throws(TokenizerError) -> (left: String, right: String) {
        if let sides = merge.elements, sides.count == 2, let left = sides[0].string, let right = sides[1].string { return (left, right) }
        if let pair = merge.string.flatMap(MergesFile.pair) { return pair }
        throw .malformed(path: path, reason: "a merge is \(merge.description), expected two tokens")
    }

    // MARK: - Normaliser and pre-tokeniser

    /// Whether it is NFC.
    private static func readNormalizer(_ normalizer: JSONValue, _ path: String) throws(TokenizerError) -> Bool {
        switch normalizer["type"]?.string {
        case nil: return false
        case "NFC": return true
        case "Sequence":
            var composes = false
            for step in normalizer["normalizers"]?.elements ?? [] { composes = try readNormalizer(step, path) || composes }
            return composes
        case let type?: throw .unsupported(path: path, component: "normalizer", found: type, supported: "NFC")
        }
    }

    private static func readPretokenizer(
        _ pretokenizer: JSONValue, _ path: String, _ definition: inout TokenizerDefinition
    ) throws(TokenizerError) {
        let steps = pretokenizer["type"]?.string == "Sequence" ? pretokenizer["pretokenizers"]?.elements ?? [] : [pretokenizer]
        let types = steps.map { $0["type"]?.string ?? "null" }
        let supported = "ByteLevel, or Split followed by ByteLevel without its own pattern"
        guard types == ["ByteLevel"] || types == ["Split", "ByteLevel"], let byteLevel = steps.last else {
            throw .unsupported(path: path, component: "pre_tokenizer", found: types.joined(separator: ", "), supported: supported)
        }
        let usesRegex = byteLevel["use_regex"]?.bool ?? true
        definition.addsPrefixSpace = byteLevel["add_prefix_space"]?.bool ?? true
        if steps.count == 1 {
            definition.pattern = usesRegex ? .gpt2 : .none
            return
        }
        guard !usesRegex, !definition.addsPrefixSpace else {
            throw .unsupported(
                path: path, component: "pre_tokenizer", found: "ByteLevel with use_regex or add_prefix_space after Split",
                supported: supported)
        }
        guard steps[0]["behavior"]?.string == "Isolated", steps[0]["invert"]?.bool != true else {
            throw .unsupported(
                path: path, component: "pre_tokenizer Split", found: "behavior \(steps[0]["behavior"]?.description ?? "null")",
                supported: "Isolated, not inverted")
        }
        let expression = steps[0]["pattern"]?["Regex"]?.string
        guard let expression, let pattern = Pretokenizer.Pattern(expression: expression) else {
            throw .unsupported(
                path: path, component: "pre_tokenizer Split pattern", found: steps[0]["pattern"]?.description ?? "null",
                supported: "the patterns of GPT-2, GPT-4, GPT-4o, Llama 3 and Qwen2")
        }
        definition.pattern = pattern
    }

    private static func check(_ step: JSONValue, _ component: String, _ supported: [String], _ path: String) throws(TokenizerError) {
        let type = step["type"]?.string ?? "null"
        if type == "Sequence" {
            for part in step["decoders"]?.elements ?? [] { try check(part, component, supported, path) }
        } else if !supported.contains(type) {
            throw .unsupported(path: path, component: component, found: type, supported: supported.joined(separator: ", "))
        }
    }

    // MARK: - Writing

    /// The file for a tokenizer. Hugging Face tokenizers loads it and gives the same ids.
    static func write(_ definition: TokenizerDefinition) -> JSONValue {
        let byteLevel: JSONValue = [
            "type": "ByteLevel", "add_prefix_space": .bool(definition.addsPrefixSpace), "trim_offsets": true,
            "use_regex": .bool(definition.pattern == .gpt2),
        ]
        var pretokenizer = byteLevel
        if definition.pattern != .gpt2, let expression = definition.pattern.expression {
            let split: JSONValue = ["type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated", "invert": false]
            pretokenizer = ["type": "Sequence", "pretokenizers": [split, byteLevel]]
        }
        func spelling(_ id: Int32) -> String {
            guard let token = definition.tokens[Int(id)] else { return "" }
            return token.isByteLevel ? ByteAlphabet.spelling(of: token.bytes) : String(decoding: token.bytes, as: UTF8.self)
        }
        // Hugging Face numbers added tokens from the vocabulary's size on. Where that would not give their ids, they are in the vocabulary too.
        let base = (definition.tokens.lastIndex { $0?.isByteLevel == true } ?? -1) + 1
        let tail = definition.addedTokens.filter { $0.id >= base }
        let isNumberedOn =
            tail.count == definition.tokens.count - base && !definition.tokens[..<base].contains { $0 == nil }
        let vocabulary = definition.tokens.indices.compactMap { index -> JSONValue.Member? in
            guard definition.tokens[index] != nil, index < base || !isNumberedOn else { return nil }
            return .init(spelling(Int32(index)), .number("\(index)"))
        }
        let model: JSONValue = [
            "type": "BPE", "dropout": .null, "unk_token": definition.unknown.map { .string(spelling($0)) } ?? .null,
            "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": .bool(definition.ignoresMerges), "vocab": .object(vocabulary),
            "merges": .array(definition.merges.map { [.string(spelling($0.left)), .string(spelling($0.right))] }),
        ]
        return [
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .array(definition.addedTokens.map(\.json)),
            "normalizer": definition.composes ? ["type": "NFC"] : .null, "pre_tokenizer": pretokenizer,
            "post_processor": definition.postProcessor,
            "decoder": ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true], "model": model,
        ]
    }
}

import JSON

/// `vocab.json` and `merges.txt`, the files of GPT-2 and of Argonne 1.
enum MergesFile {
    /// - Parameter addedTokens: what `tokenizer_config.json` lists, where it is there.
    static func read(
        vocabulary: JSONValue, vocabularyPath: String, merges: String, mergesPath: String, addedTokens: [AddedToken]
    ) throws(TokenizerError) -> TokenizerDefinition {
        guard let members = vocabulary.members else {
            throw .malformed(path: vocabularyPath, reason: "is not an object of tokens and ids")
        }
        var definition = TokenizerDefinition(pattern: .gpt2)
        try definition.readVocabulary(members, path: vocabularyPath)
        var pairs: [(left: String, right: String)] = []
        for line in merges.split(whereSeparator: \.isNewline) where !line.hasPrefix("#version") {
            guard let pair = pair(line) else {
                throw .malformed(path: mergesPath, reason: "line \"\(line)\" is not two tokens with a space between them")
            }
            pairs.append(pair)
        }
        try definition.readMerges(pairs, path: mergesPath)
        addedTokens.forEach { definition.add($0) }
        addUnreachable(&definition)
        return definition
    }

    static func pair(_ line: some StringProtocol) -> (left: String, right: String)? {
        let sides = line.split(separator: " ", omittingEmptySubsequences: false)
        guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else { return nil }
        return (String(sides[0]), String(sides[1]))
    }

    /// These files do not say which tokens are special. A token of more than one byte that no merge gives can come from nowhere else.
    private static func addUnreachable(_ definition: inout TokenizerDefinition) {
        let reachable = Set(definition.merges.map(\.result))
        for (index, token) in definition.tokens.enumerated() {
            guard let token, token.bytes.count > 1, !reachable.contains(Int32(index)) else { continue }
            let content = token.isByteLevel ? ByteAlphabet.spelling(of: token.bytes) : String(decoding: token.bytes, as: UTF8.self)
            guard !definition.addedTokens.contains(where: { $0.id == Int32(index) }) else { continue }
            definition.add(AddedToken(id: Int32(index), content: content))
        }
    }
}

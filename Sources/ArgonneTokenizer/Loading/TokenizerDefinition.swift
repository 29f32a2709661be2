import JSON

/// What a tokenizer's files say, before the tables for encoding are made from it.
struct TokenizerDefinition: Sendable {
    /// By id.
    var tokens: [Vocabulary.Token?] = []
    /// By rank.
    var merges: [Merge] = []
    var addedTokens: [AddedToken] = []
    var pattern = Pretokenizer.Pattern.none
    /// Whether texts are brought to normalisation form C.
    var composes = false
    var addsPrefixSpace = false
    var ignoresMerges = false
    /// The token for bytes that the vocabulary lacks.
    var unknown: Int32?
    /// `post_processor` of `tokenizer.json`: what Hugging Face puts around a text. It has a part in prompts only.
    var postProcessor: JSONValue = .null
    var configuration = TokenizerConfiguration()

    /// More ids than any vocabulary has: a file with higher ones is broken, and must not take gigabytes.
    static let maximumSize = 1 << 22

    /// Gives `tokens` room for the id.
    mutating func setToken(_ id: Int32, _ token: Vocabulary.Token) {
        while tokens.count <= Int(id) { tokens.append(nil) }
        tokens[Int(id)] = token
    }

    /// Adds a token that is found by its text; it takes over the vocabulary's entry of the same id.
    mutating func add(_ token: AddedToken) {
        addedTokens.removeAll { $0.id == token.id || $0.content == token.content }
        addedTokens.append(token)
        addedTokens.sort { $0.id < $1.id }
        let bytes = Array(token.content.utf8)
        let isThere = Int(token.id) < tokens.count && tokens[Int(token.id)]?.bytes == bytes
        // Byte-pair encoding gives it only where a merge makes it.
        if !isThere || !merges.contains(where: { $0.result == token.id }) {
            setToken(token.id, Vocabulary.Token(bytes: bytes, isByteLevel: false))
        }
    }

    /// The id of a token by its spelling in the file.
    func id(of spelling: String) -> Int32? {
        if let added = addedTokens.first(where: { $0.content == spelling }) { return added.id }
        let bytes = ByteAlphabet.bytes(of: spelling) ?? Array(spelling.utf8)
        return tokens.firstIndex { $0?.bytes == bytes }.map { Int32($0) }
    }

    /// Reads `vocab`: spelling → id.
    mutating func readVocabulary(_ vocabulary: [JSONValue.Member], path: String) throws(TokenizerError) {
        tokens.reserveCapacity(vocabulary.count)
        for entry in vocabulary {
            guard let id = entry.value.integer(as: Int.self), id >= 0, id < TokenizerDefinition.maximumSize else {
                throw .malformed(
                    path: path,
                    reason:
                        "token \(entry.key) has the id \(entry.value.description), expected an integer from 0 to \(Self.maximumSize - 1)"
                )
            }
            if id < tokens.count, tokens[id] != nil {
                throw .malformed(path: path, reason: "two tokens have the id \(id), the second is \(entry.key)")
            }
            let bytes = ByteAlphabet.bytes(of: entry.key)
            setToken(Int32(id), Vocabulary.Token(bytes: bytes ?? Array(entry.key.utf8), isByteLevel: bytes != nil))
        }
    }

    /// Reads the merges from the spellings of their two sides, by rank.
    mutating func readMerges(_ pairs: some Sequence<(left: String, right: String)>, path: String) throws(TokenizerError) {
        let vocabulary = Vocabulary(tokens)
        for (left, right) in pairs {
            let leftBytes = ByteAlphabet.bytes(of: left) ?? Array(left.utf8)
            let rightBytes = ByteAlphabet.bytes(of: right) ?? Array(right.utf8)
            guard let leftID = vocabulary.id(of: leftBytes), let rightID = vocabulary.id(of: rightBytes),
                let result = vocabulary.id(of: leftBytes + rightBytes)
            else {
                throw .malformed(
                    path: path, reason: "merge \(merges.count), \"\(left) \(right)\", has a side or a result that is not in the vocabulary")
            }
            merges.append(Merge(left: leftID, right: rightID, result: result))
        }
    }
}

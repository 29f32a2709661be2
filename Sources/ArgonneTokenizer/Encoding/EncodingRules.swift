/// Everything that decides which ids a text has, in the form in which encoders read it.
final class EncodingRules: Sendable {
    let vocabulary: Vocabulary
    let merges: MergeTable
    /// Byte → the token of that one byte: -1 where the vocabulary lacks it.
    let byteIDs: [Int32]
    let pretokenizer: Pretokenizer
    /// Whether texts are brought to normalisation form C.
    let composes: Bool
    let addsPrefixSpace: Bool
    /// Whether a piece that is a token is that token, however merges would build it.
    let ignoresMerges: Bool
    /// Whether every byte is its own token, ill-formed UTF-8 included.
    let keepsBytes: Bool
    /// The added tokens that are looked for in the original text.
    let original: AddedTokenMatcher
    /// The added tokens that are looked for in the normalised text.
    let normalized: AddedTokenMatcher

    init(_ definition: TokenizerDefinition, _ vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        merges = MergeTable(definition.merges)
        byteIDs = (UInt8.min...UInt8.max).map { vocabulary.id(of: CollectionOfOne($0)) ?? definition.unknown ?? -1 }
        pretokenizer = Pretokenizer(definition.pattern)
        composes = definition.composes
        addsPrefixSpace = definition.addsPrefixSpace
        ignoresMerges = definition.ignoresMerges
        keepsBytes =
            definition.merges.isEmpty && definition.pattern == .none && !definition.composes && !definition.addsPrefixSpace
            && byteIDs.allSatisfy { $0 >= 0 }
        original = AddedTokenMatcher(definition.addedTokens.lazy.filter { !$0.isNormalized })
        normalized = AddedTokenMatcher(definition.addedTokens.lazy.filter(\.isNormalized), composing: composes)
    }
}

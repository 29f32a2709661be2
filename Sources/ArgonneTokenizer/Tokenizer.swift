/// Byte-level byte-pair encoding: text to ids and back.
///
///     let tokenizer = try Tokenizer(directory: "qwen2.5-tokenizer")
///     tokenizer.decode(tokenizer.encode("Long long time ago, "))
///
/// The ids are those of Hugging Face tokenizers for the same files, without the tokens that its `add_special_tokens` puts around a text.
/// A value of this type is immutable and may be used from any number of threads.
public struct Tokenizer: Sendable {
    let vocabulary: Vocabulary
    let definition: TokenizerDefinition
    let encoders: EncoderPool
    private let specialIDs: Set<Int32>
    /// The id that opens a document: the BOS token that the configuration names, else what stands in for it.
    public let beginningOfDocument: Int32?
    /// The id that closes a document: the EOS token that the configuration names, else what stands in for it.
    public let endOfDocument: Int32?
    /// The id that fills the rest of a row, where there is one.
    public let padding: Int32?

    init(_ definition: TokenizerDefinition) {
        self.definition = definition
        vocabulary = Vocabulary(definition.tokens)
        encoders = EncoderPool(EncodingRules(definition, vocabulary))
        specialIDs = Set(definition.addedTokens.lazy.filter(\.isSpecial).map(\.id))
        let configuration = definition.configuration
        func first(_ named: String?, _ standIns: [String]) -> Int32? {
            (CollectionOfOne(named).compactMap { $0 } + standIns).lazy.compactMap { content in
                definition.addedTokens.first { $0.content == content }?.id
            }.first
        }
        beginningOfDocument = first(configuration.beginning, TokenizerConfiguration.beginnings)
        endOfDocument = first(configuration.end, TokenizerConfiguration.ends)
        padding = first(configuration.padding, TokenizerConfiguration.paddings)
    }

    /// No merges: id = byte, and 256, 257, 258 for the beginning and the end of a document and padding.
    public static let bytes: Tokenizer = {
        var definition = TokenizerDefinition(tokens: (0...255).map { Vocabulary.Token(bytes: [$0], isByteLevel: true) })
        for (offset, content) in ["<|begin_of_text|>", "<|end_of_text|>", "<|pad|>"].enumerated() {
            definition.add(AddedToken(id: 256 + Int32(offset), content: content))
        }
        return Tokenizer(definition)
    }()

    var configuration: TokenizerConfiguration { definition.configuration }

    /// Tokens that are looked for in the text before byte-pair encoding, in the order of their ids.
    public var addedTokens: [AddedToken] { definition.addedTokens }

    /// How many ids there are: the highest plus one.
    public var vocabularySize: Int { vocabulary.count }

    /// Whether the id is of a special token, which `skipSpecial` leaves out.
    public func isSpecial(_ id: Int32) -> Bool { specialIDs.contains(id) }

    /// The id of a token as `tokenizer.json` spells it: an added token by its text, any other in the byte alphabet ("Ġthe").
    public func id(of token: String) -> Int32? {
        if let added = addedTokens.first(where: { $0.content == token }) { return added.id }
        return ByteAlphabet.bytes(of: token).flatMap { vocabulary.id(of: $0) }
    }

    /// The token with this id as `tokenizer.json` spells it.
    public func token(for id: Int32) -> String? {
        let bytes = vocabulary[id]
        guard !bytes.isEmpty else { return nil }
        return vocabulary.isByteLevel(id) ? ByteAlphabet.spelling(of: bytes) : String(decoding: bytes, as: UTF8.self)
    }
}

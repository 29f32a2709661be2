/// Byte-level byte-pair encoding: text to ids and back.
///
///     let tokenizer = try Tokenizer(directory: "qwen2.5-tokenizer")
///     tokenizer.decode(tokenizer.encode("Long long time ago, "))
///
/// A value of this type is immutable and may be used from any number of threads.
public struct Tokenizer: Sendable {
    let vocabulary: Vocabulary
    /// Tokens that are looked for in the text before byte-pair encoding, in the order of their ids.
    public let addedTokens: [AddedToken]
    /// The id that opens a document: the tokenizer's BOS token or what stands in for it.
    public let beginningOfDocument: Int32?
    /// The id that closes a document: the tokenizer's EOS token or what stands in for it.
    public let endOfDocument: Int32?
    /// The id that fills the rest of a row, where the tokenizer names one.
    public let padding: Int32?

    /// A tokenizer from a directory with `tokenizer.json` (and `tokenizer_config.json`), or `vocab.json` and `merges.txt`, or one
    /// `.tiktoken` file; or from the path of such a file.
    public init(directory: String) throws(TokenizerError) {
        throw .unsupported(path: directory, component: "tokenizer", found: "file", supported: "the built-in tokenizer \"bytes\"")
    }

    init(vocabulary: Vocabulary, addedTokens: [AddedToken], beginning: Int32?, end: Int32?, padding: Int32?) {
        self.vocabulary = vocabulary
        self.addedTokens = addedTokens
        self.beginningOfDocument = beginning
        self.endOfDocument = end
        self.padding = padding
    }

    /// No merges: id = byte, and 256, 257, 258 for the beginning and the end of a document and padding.
    public static let bytes: Tokenizer = {
        let marks = ["<|begin_of_text|>", "<|end_of_text|>", "<|pad|>"]
        let added = marks.enumerated().map { AddedToken(id: 256 + Int32($0.offset), content: $0.element) }
        let vocabulary = Vocabulary((0...255).map { [$0] } + marks.map { Array($0.utf8) })
        return Tokenizer(vocabulary: vocabulary, addedTokens: added, beginning: 256, end: 257, padding: 258)
    }()

    /// How many ids there are: the highest plus one.
    public var vocabularySize: Int { vocabulary.count }

    /// The id of a token as `tokenizer.json` spells it.
    public func id(of token: String) -> Int32? {
        addedTokens.first { $0.content == token }?.id ?? vocabulary.id(of: token.utf8)
    }

    /// The token with this id as `tokenizer.json` spells it.
    public func token(for id: Int32) -> String? {
        let bytes = vocabulary[id]
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// A hash, in hexadecimal, of everything that affects ids.
    public var fingerprint: String { "bytes" }

    /// Writes `tokenizer.json` and `tokenizer_config.json`, which Hugging Face tokenizers loads.
    public func save(to directory: String) throws(TokenizerError) {
        throw .unsupported(path: directory, component: "tokenizer", found: "bytes", supported: "none yet")
    }
}

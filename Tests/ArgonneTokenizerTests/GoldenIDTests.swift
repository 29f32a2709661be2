import ArgonneTokenizer
import Testing

/// The ids of Hugging Face tokenizers and tiktoken for generated texts, as `Golden/golden_tokenizers.py` hashed them. What they guard: every
/// pattern over all of Unicode, normalisation, added tokens, ill-formed UTF-8.
struct GoldenIDTests {
    private static let files = [
        "gpt2.json", "llama3.json", "gpt4o.json", "whole.json", "added.json", "argonne1", "cl100k_base.tiktoken", "o200k_base.tiktoken",
        "r50k_base.tiktoken",
    ]

    @Test(arguments: files)
    func generatedTexts(_ file: String) throws {
        let name = String(file.prefix { $0 != "." })
        try check(Tokenizer(directory: Golden.path(file)), name)
    }

    @Test(.enabled(if: Golden.sharedData != nil, Golden.missingSharedData))
    func generatedTextsByQwen() throws {
        let tokenizer = try Golden.qwen()
        #expect(tokenizer.vocabularySize == 151_665)
        try check(tokenizer, "qwen2.5")
    }

    private func check(_ tokenizer: Tokenizer, _ name: String) throws {
        let golden = try #require(try Golden.json("ids.json")[name])
        for (kind, allowSpecial) in [("plain", false), ("special", true)] {
            guard let hashes = golden[kind]?.elements else { continue }
            for (block, hash) in hashes.enumerated() {
                let texts = (block * 100..<(block + 1) * 100).map { String(decoding: GeneratedText.bytes($0), as: UTF8.self) }
                let ids = texts.map { tokenizer.encode($0, allowSpecial: allowSpecial) }
                #expect(Golden.hash(ids) == hash.string, "\(name), \(kind), texts from \(block * 100) on")
            }
        }
        guard let hashes = golden["scalars"]?.elements else { return }
        for (plane, hash) in hashes.enumerated() {
            let blocks = stride(from: UInt32(plane) * 0x11000, to: UInt32(plane + 1) * 0x11000, by: 256)
            #expect(
                Golden.hash(blocks.map { tokenizer.encode(everyScalar(from: $0)) }) == hash.string,
                "\(name), scalars from \(plane) · 0x11000 on")
        }
    }

    /// 256 scalars, each between a letter, marks and a number.
    private func everyScalar(from first: UInt32) -> String {
        var text = String.UnicodeScalarView()
        for scalar in (first..<first + 256).compactMap(Unicode.Scalar.init) {
            text.append(contentsOf: ["a", scalar, "\u{334}", scalar, "\u{301}", scalar, "1", " ", scalar])
        }
        return String(text)
    }

    @Test(.enabled(if: Golden.sharedData != nil, Golden.missingSharedData))
    func illFormedBytesAreReplacementCharacters() throws {
        let tokenizer = try Golden.qwen()
        for index in 0..<3_000 {
            let bytes = GeneratedText.bytes(index)
            var ids: [Int32] = [7]
            bytes.withUnsafeBufferPointer { tokenizer.encode(utf8: $0, into: &ids) }
            #expect(ids.dropFirst().elementsEqual(tokenizer.encode(String(decoding: bytes, as: UTF8.self))), "text \(index)")
        }
    }
}

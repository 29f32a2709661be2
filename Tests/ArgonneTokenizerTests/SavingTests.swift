import ArgonneTokenizer
import Foundation
import JSON
import Testing
import TestSupport

struct SavingTests {
    @Test(arguments: [
        "gpt2.json", "llama3.json", "gpt4o.json", "whole.json", "added.json", "argonne1", "cl100k_base.tiktoken", "o200k_base.tiktoken",
        "r50k_base.tiktoken",
    ])
    func loadsAsItWasSaved(_ file: String) throws {
        let tokenizer = try Tokenizer(directory: Golden.path(file))
        try withTemporaryDirectory { folder in
            try tokenizer.save(to: folder + "/tokenizer")
            let loaded = try Tokenizer(directory: folder + "/tokenizer")
            #expect(loaded.fingerprint == tokenizer.fingerprint)
            #expect(loaded.addedTokens == tokenizer.addedTokens)
            #expect(loaded.vocabularySize == tokenizer.vocabularySize)
            for index in 0..<300 {
                let text = String(decoding: GeneratedText.bytes(index), as: UTF8.self)
                #expect(loaded.encode(text, allowSpecial: true) == tokenizer.encode(text, allowSpecial: true))
            }
        }
    }

    /// What Hugging Face wrote, and what is written after loading that, say the same.
    @Test(arguments: ["gpt2.json", "llama3.json", "gpt4o.json", "whole.json", "added.json"])
    func saysWhatTheOriginalSays(_ file: String) throws {
        let original = try Golden.json(file)
        let saved = try withTemporaryDirectory { folder in
            try Tokenizer(directory: Golden.path(file)).save(to: folder)
            return try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: folder + "/tokenizer.json"))))
        }
        for part in ["added_tokens", "normalizer"] { #expect(saved[part] == original[part]) }
        for part in ["merges", "ignore_merges", "byte_fallback", "unk_token"] {
            #expect(saved["model"]?[part] == original["model"]?[part], "\(part)")
        }
        #expect(sorted(saved["model"]?["vocab"]) == sorted(original["model"]?["vocab"]))
        #expect(steps(saved) == steps(original))
        #expect(saved["decoder"]?["type"]?.string == "ByteLevel")
    }

    private func sorted(_ object: JSONValue?) -> [JSONValue.Member] { (object?.members ?? []).sorted { $0.key < $1.key } }

    /// What a pre-tokeniser does: everything but what it says of offsets.
    private func steps(_ file: JSONValue) -> [[JSONValue?]] {
        let pretokenizer = file["pre_tokenizer"] ?? .null
        return (pretokenizer["pretokenizers"]?.elements ?? [pretokenizer]).map { step in
            ["type", "pattern", "behavior", "invert", "add_prefix_space", "use_regex"].map { step[$0] }
        }
    }

    @Test(.enabled(if: Golden.sharedData != nil, Golden.missingSharedData))
    func keepsQwen() throws {
        let tokenizer = try Golden.qwen()
        let end = tokenizer.id(of: "<|im_end|>")
        #expect(tokenizer.beginningOfDocument == tokenizer.id(of: "<|im_start|>"))
        #expect(tokenizer.endOfDocument == end && end == 151_645)
        #expect(tokenizer.padding == 151_643)
        try withTemporaryDirectory { folder in
            try tokenizer.save(to: folder)
            let loaded = try Tokenizer(directory: folder)
            #expect(loaded.fingerprint == tokenizer.fingerprint)
            #expect(loaded.chatTemplate == tokenizer.chatTemplate)
            #expect(loaded.endOfDocument == end)
        }
    }

    @Test func bytesCanBeSaved() throws {
        try withTemporaryDirectory { folder in
            try Tokenizer.bytes.save(to: folder)
            let loaded = try Tokenizer(directory: folder)
            #expect(loaded.fingerprint == Tokenizer.bytes.fingerprint)
            #expect(loaded.decodeBytes(loaded.encode("Grüße")) == Array("Grüße".utf8))
        }
    }

    @Test func fingerprintsTellTokenizersApart() throws {
        let files = ["gpt2.json", "llama3.json", "gpt4o.json", "whole.json", "added.json", "argonne1", "cl100k_base.tiktoken"]
        let prints = try files.map { try Tokenizer(directory: Golden.path($0)).fingerprint } + [Tokenizer.bytes.fingerprint]
        #expect(Set(prints).count == prints.count)
        #expect(prints.allSatisfy { $0.count == 64 })
    }

    @Test func aFolderThatCannotBeMadeIsNamed() {
        #expect(throws: TokenizerError.self) { try Tokenizer.bytes.save(to: "/dev/null/tokenizer") }
    }
}

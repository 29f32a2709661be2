import ArgonneTokenizer
import Foundation
import TestSupport
import Testing

/// Files that are not there, broken, or ask for what is not implemented: each is refused with a message that names the cause.
struct LoadingTests {
    private static let byteLevel = #"{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}"#

    private static func file(
        model: String = #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}"#, normalizer: String = "null",
        pretokenizer: String = byteLevel, decoder: String = byteLevel, added: String = "[]"
    ) -> String {
        #"{"model":\#(model),"normalizer":\#(normalizer),"pre_tokenizer":\#(pretokenizer),"decoder":\#(decoder),"added_tokens":\#(added)}"#
    }

    private func load(_ files: [String: String], from name: String? = nil) throws -> Tokenizer {
        try withTemporaryDirectory { folder in
            for (name, content) in files { try Data(content.utf8).write(to: URL(fileURLWithPath: folder + "/" + name)) }
            return try Tokenizer(directory: name.map { folder + "/" + $0 } ?? folder)
        }
    }

    @Test(arguments: [
        (file(model: #"{"type":"WordPiece","vocab":{}}"#), "WordPiece"),
        (file(model: #"{"type":"BPE","dropout":0.1,"vocab":{},"merges":[]}"#), "dropout"),
        (file(model: #"{"type":"BPE","byte_fallback":true,"vocab":{},"merges":[]}"#), "byte_fallback"),
        (file(model: #"{"type":"BPE","end_of_word_suffix":"</w>","vocab":{},"merges":[]}"#), "end_of_word_suffix"),
        (file(normalizer: #"{"type":"NFKC"}"#), "NFKC"),
        (file(normalizer: #"{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}"#), "Lowercase"),
        (file(pretokenizer: #"{"type":"Metaspace"}"#), "Metaspace"),
        (file(pretokenizer: "null"), "null"),
        (file(pretokenizer: #"{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"ByteLevel"}]}"#), "Digits, ByteLevel"),
        (
            file(
                pretokenizer: """
                    {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\\\d+"},"behavior":"Isolated","invert":false},
                    {"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}
                    """), #"\\d+"#
        ),
        (
            file(
                pretokenizer: """
                    {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"String":" "},"behavior":"Removed","invert":false},
                    {"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}
                    """), "Removed"
        ),
        (file(decoder: #"{"type":"WordPiece"}"#), "WordPiece"),
    ])
    func refusesByName(_ file: String, _ name: String) throws {
        let error = #expect(throws: TokenizerError.self) { try load(["tokenizer.json": file]) }
        guard case .unsupported(_, _, let found, let supported) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found.contains(name))
        #expect(!supported.isEmpty)
    }

    @Test(arguments: [
        ("{", "line 1"), ("[]", "no \"model\""), ("{\"model\":{\"type\":\"BPE\"}}", "vocab"),
        (file(model: #"{"vocab":{"a":0,"b":0},"merges":[]}"#), "the id 0"),
        (file(model: #"{"vocab":{"a":-1},"merges":[]}"#), "-1"),
        (file(model: #"{"vocab":{"a":4000000000},"merges":[]}"#), "4000000000"),
        (file(model: #"{"vocab":{"a":"x"},"merges":[]}"#), "expected an integer"),
        (file(model: #"{"vocab":{"a":0},"merges":["a c"]}"#), "\"a c\""),
        (file(model: #"{"vocab":{"a":0},"merges":["abc"]}"#), "expected two tokens"),
        (file(model: #"{"vocab":{"a":0},"merges":[["a"]]}"#), "expected two tokens"),
        (file(added: #"[{"content":"x"}]"#), "added token"),
    ])
    func saysWhatIsBroken(_ file: String, _ reason: String) throws {
        let error = #expect(throws: TokenizerError.self) { try load(["tokenizer.json": file]) }
        guard case .malformed(let path, let found) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(path.hasSuffix("tokenizer.json"))
        #expect(found.contains(reason))
        #expect(error?.description.contains("\n") == false)
    }

    @Test func nothingThere() throws {
        #expect(throws: TokenizerError.self) { try Tokenizer(directory: "/no/such/folder") }
        let error = #expect(throws: TokenizerError.self) { try load(["README": ""]) }
        #expect(error?.description.contains("tokenizer.json") == true)
        #expect(throws: TokenizerError.self) { try load(["vocab.json": "{}"]) }
    }

    @Test(arguments: ["a b c", "#version: 0.2\nab", "a  b", " "])
    func brokenMergesFile(_ merges: String) {
        #expect(throws: TokenizerError.self) { try load(["vocab.json": #"{"a":0,"b":1}"#, "merges.txt": merges]) }
    }

    @Test func mergesInBothForms() throws {
        let model = #"{"vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}"#
        let texts = ["tokenizer.json": Self.file()]
        #expect(try load(texts).fingerprint == load(["tokenizer.json": Self.file(model: model)]).fingerprint)
        #expect(try load(texts).encode("abba") == [2, 1, 0])
    }

    @Test func aByteThatTheVocabularyLacksIsLeftOutOrUnknown() throws {
        #expect(try load(["tokenizer.json": Self.file()]).encode("axb") == [2])
        let unknown = #"{"unk_token":"<unk>","vocab":{"a":0,"b":1,"ab":2,"<unk>":3},"merges":["a b"]}"#
        #expect(try load(["tokenizer.json": Self.file(model: unknown)]).encode("axb") == [0, 3, 1])
    }

    @Test func specialTokensOfAnOlderFormAreFound() throws {
        let files = ["vocab.json": #"{"a":0,"b":1,"ab":2,"<|endoftext|>":3}"#, "merges.txt": "#version: 0.2\na b\n"]
        let tokenizer = try load(files)
        #expect(tokenizer.addedTokens.map(\.content) == ["<|endoftext|>"])
        #expect(tokenizer.beginningOfDocument == 3 && tokenizer.endOfDocument == 3)
        #expect(tokenizer.encode("ab<|endoftext|>", allowSpecial: true) == [2, 3])
        #expect(try load(files, from: "merges.txt").fingerprint == tokenizer.fingerprint)
    }

    @Test func boundariesAreTheConfigurations() throws {
        let added =
            #"[{"id":3,"content":"<s>","special":true},{"id":4,"content":"<|im_end|>","special":true},{"id":5,"content":"<e>","special":true}]"#
        let file = Self.file(added: added)
        let named = try load([
            "tokenizer.json": file, "tokenizer_config.json": #"{"bos_token":{"content":"<e>"},"eos_token":"<s>","pad_token":null}"#,
        ])
        #expect(named.beginningOfDocument == 5 && named.endOfDocument == 3 && named.padding == nil)
        let standIns = try load(["tokenizer.json": file])
        #expect(standIns.beginningOfDocument == 3 && standIns.endOfDocument == 4)
    }

    @Test func tiktokenFilesAreKnownByName() throws {
        let content = try String(contentsOfFile: Golden.path("cl100k_base.tiktoken"), encoding: .utf8)
        let error = #expect(throws: TokenizerError.self) { try load(["mine.tiktoken": content]) }
        #expect(error?.description.contains("cl100k_base") == true)
        let named = try load(["cl100k_base.tiktoken": content])
        #expect(named.vocabularySize == 100_277)
        #expect(named.id(of: "<|endofprompt|>") == 100_276)
        #expect(named.token(for: 100_256) == nil)
        let llama = try load(["tokenizer.model": content])
        #expect(llama.beginningOfDocument == 128_000 && llama.id(of: "<|eot_id|>") == 128_009 && llama.vocabularySize == 128_256)
        #expect(throws: TokenizerError.self) { try load(["cl100k_base.tiktoken": "YQ== 0\n"]) }
        #expect(throws: TokenizerError.self) { try load(["cl100k_base.tiktoken": "not a token\n"]) }
    }
}

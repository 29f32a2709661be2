import ArgonneTokenizer
import Foundation
import TestSupport
import Testing

/// What transformers' tokenizer puts before a text by itself.
struct PromptTests {
    private static func tokenizer(_ postProcessor: String) throws -> Tokenizer {
        try withTemporaryDirectory { folder in
            let byteLevel = #"{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}"#
            let text = #"""
                {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}, "normalizer": null, "pre_tokenizer": \#(byteLevel),
                 "decoder": \#(byteLevel), "added_tokens": [{"id": 2, "content": "<s>", "special": true}], "post_processor": \#(postProcessor)}
                """#
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/tokenizer.json"))
            return try Tokenizer(directory: folder)
        }
    }

    private static let template = """
        {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [2], "tokens": ["<s>"]}}}
        """

    @Test(arguments: [
        (template, [2]), (#"{"type": "Sequence", "processors": [{"type": "ByteLevel"}, \#(template)]}"#, [2]),
        (#"{"type": "ByteLevel"}"#, []),
        ("null", []), (template.replacing("[2]", with: "[7]"), []),
    ])
    func promptsBeginAsTransformersHasThem(_ postProcessor: String, _ prefix: [Int32]) throws {
        let tokenizer = try Self.tokenizer(postProcessor)
        #expect(tokenizer.encodePrompt("ab") == prefix + [0, 1])
        #expect(tokenizer.encode("ab") == [0, 1])
    }
}

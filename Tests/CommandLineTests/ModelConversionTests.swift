import Foundation
import TestSupport
import Testing

/// `import` and `export` as users call them, on a tiny model that transformers wrote.
struct ModelConversionTests {
    static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("ArgonneWeightsTests/Golden").path

    @Test func aModelGoesInAndOut() throws {
        try withTemporaryDirectory { folder in
            let process = ProcessTests()
            let imported = try process.argonne("import", Self.golden + "/gpt2", folder + "/own")
            #expect(imported.status == 0, "\(imported.error)")
            #expect(imported.output == "\(folder)/own: 11,960 parameters as argonne1; the logits are the same\n")
            let exported = try process.argonne("export", folder + "/own", folder + "/out", "--no-verify")
            #expect(exported.output == "\(folder)/out: 11,960 parameters as gpt2\n", "\(exported.error)")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/out").sorted()
            #expect(files == ["README.md", "config.json", "model.safetensors"])
            let card = try String(contentsOfFile: folder + "/out/README.md", encoding: .utf8)
            #expect(card.contains("| Parameters | 11,960 |"))
            #expect(
                FileManager.default.contents(atPath: folder + "/out/model.safetensors")
                    == FileManager.default.contents(atPath: Self.golden + "/gpt2/model.safetensors"))
        }
    }

    @Test func badInputIsRefusedInOneLineAndTouchesNothing() throws {
        try withTemporaryDirectory { folder in
            let process = ProcessTests()
            let tokenizer = folder + "/tokenizer"
            try FileManager.default.createDirectory(atPath: tokenizer, withIntermediateDirectories: false)
            let vocabulary = (0..<40).map { "\"x\($0)\": \($0)" }.joined(separator: ", ")
            let text = """
                {"added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
                 "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {\(vocabulary)}, "merges": []}}
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: tokenizer + "/tokenizer.json"))
            let tooLarge = try process.argonne("import", Self.golden + "/llama", folder + "/out", "--tokenizer", tokenizer)
            #expect(
                tooLarge.error
                    == "error: the tokenizer has 40 tokens and the model's embedding only 37 rows; they do not belong together\n")
            let exists = try process.argonne("import", Self.golden + "/llama", tokenizer)
            #expect(exists.error == "error: \(tokenizer) is there already and is not replaced; name another folder, or remove it\n")
            let nothing = try process.argonne("export", folder + "/none", folder + "/out")
            #expect(nothing.error.hasPrefix("error: \(folder)/none cannot be read"), "\(nothing.error)")
            let layout = try process.argonne("export", Self.golden + "/llama", folder + "/out", "--format", "gpt2")
            #expect(layout.error == "error: this architecture cannot be written as gpt2, only as llama or argonne2\n")
            #expect([tooLarge, exists, nothing, layout].map(\.status) == [1, 1, 1, 1])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["tokenizer"])
        }
    }
}

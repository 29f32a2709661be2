import ArgonneTokenizer
import Foundation
import JSON
import TestSupport
import Testing

/// `generate` and `evaluate` as users call them, on a tiny model that transformers wrote.
struct InferenceCommandTests {
    /// A model folder with a tokenizer of bytes, and a chat template where one is given.
    private static func inModel(template: String? = nil, _ body: (String) throws -> Void) throws {
        try withTemporaryDirectory { folder in
            let model = folder + "/model"
            try Tokenizer.bytes.save(to: model)
            for name in ["config.json", "model.safetensors"] {
                try FileManager.default.copyItem(atPath: GoldenModel.llama.directory + "/" + name, toPath: model + "/" + name)
            }
            if let template { try template.write(toFile: model + "/chat_template.jinja", atomically: true, encoding: .utf8) }
            try body(model)
        }
    }

    private static func json(_ outcome: Tool.Outcome) throws -> JSONValue {
        #expect(outcome.status == 0, "\(outcome.error)")
        return try JSONValue(parsing: Array(outcome.output.utf8))
    }

    @Test func promptsOfAFileAreWrittenToAFile() throws {
        try Self.inModel { model in
            let (prompts, output) = (model + "/prompts.txt", model + "/out.txt")
            try "ab\n\nlonger than the first\n".write(toFile: prompts, atomically: true, encoding: .utf8)
            let words = ["generate", "--model", model, "--max-new-tokens", "5"]
            let outcome = try Tool.run(words + ["--prompt-file", prompts, "--output", output])
            #expect(outcome == Tool.Outcome(status: 0, output: "", error: ""))
            let written = try String(contentsOfFile: output, encoding: .utf8)
            #expect(written.hasPrefix("ab") && written.contains("\nlonger than the first"))
            let result = try Self.json(Tool.run(words + ["--prompt", "ab", "--prompt", "longer than the first", "--json"]))
            #expect(result["texts"]?.elements?.compactMap(\.string).joined(separator: "\n") == written.dropLast().description)
        }
    }

    @Test func greedyHeedsThePenaltyAndTheFoldersStopTokens() throws {
        try Self.inModel { model in
            func text(_ more: String...) throws -> String {
                let words = ["generate", "--model", model, "--prompt", "abab", "--greedy", "--max-new-tokens", "24", "--json"]
                return try #require(try Self.json(Tool.run(words + more))["texts"]?.elements?.first?.string)
            }
            let plain = try text()
            #expect(try text("--repetition-penalty", "5") != plain)
            let next = try #require(plain.utf8.dropFirst(4).first)
            try "{\"eos_token_id\": [\(next)]}".write(toFile: model + "/generation_config.json", atomically: true, encoding: .utf8)
            #expect(try text() == "abab")
        }
    }

    @Test func aChatKeepsItsHistory() throws {
        let template = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"
        try Self.inModel(template: template) { model in
            let words = ["generate", "--model", model, "--chat", "--greedy", "--max-new-tokens", "4", "--prompt"]
            let outcomes = try [["hi"], ["there"], ["hi", "--prompt", "there"]].map { try Tool.run(words + $0) }
            #expect(outcomes.allSatisfy { $0.status == 0 }, "\(outcomes)")
            #expect(outcomes[2].output.hasPrefix(outcomes[0].output))
            #expect(outcomes[2].output != outcomes[0].output + outcomes[1].output, "the second answer does not know of the first")
        }
    }

    @Test(arguments: [
        (
            ["--chat", "--prompt", "hi"],
            #"the tokenizer has no chat template ("chat_template" in tokenizer_config.json, or chat_template.jinja beside it)"#
        ),
        (["--chat", "--json"], "--chat and --json do not go together"), (["--prompt", "a", "--system", "b"], "--system is for --chat"),
        (["--prompt", "a", "--output", "no-such-folder/x"], "--output no-such-folder/x: there is no folder no-such-folder"),
        ([], "there is nothing to write on from; give --prompt or --prompt-file"),
    ])
    func whatDoesNotGoTogetherIsRefused(_ words: [String], _ expected: String) throws {
        try Self.inModel { model in
            let outcome = try Tool.run(["generate", "--model", model] + words)
            #expect(outcome.status != 0 && outcome.output.isEmpty)
            #expect(outcome.error == "error: \(expected)\n")
        }
    }

    @Test func perplexityOfAFileWithADocumentALine() throws {
        try Self.inModel { model in
            let data = model + "/held-out.txt"
            try "first document\nand another\n".write(toFile: data, atomically: true, encoding: .utf8)
            let result = try Self.json(Tool.run(["evaluate", "--model", model, "--data", data, "--json"]))
            #expect(result["tokens"]?.integer(as: Int.self) == 13 + 10)
            let documents = try #require(result["documents"]?.elements)
            #expect(documents.compactMap { $0["tokens"]?.integer(as: Int.self) } == [13, 10])
            let plain = try Tool.run(["evaluate", "--model", model, "--data", data])
            #expect(plain.output.contains(" over 23 tokens of 2 documents\n"))
        }
    }

    /// A model's folder of which something is wrong: one line on standard error says what.
    @Test(arguments: [
        ("truncated", "the file is truncated"), ("architecture", "mamba"), ("shape", "has the shape"), ("layers", "lacks"),
        ("tokenizer", "the tokenizer has 260 tokens and the model's embedding only 259 rows"), ("none", "no config.json"),
    ])
    func aBrokenModelIsNamed(_ flaw: String, _ expected: String) throws {
        try Self.inModel { model in
            func edit(_ old: String, _ new: String) throws {
                let path = model + "/config.json"
                try String(contentsOfFile: path, encoding: .utf8).replacing(old, with: new).write(
                    toFile: path, atomically: true, encoding: .utf8)
            }
            switch flaw {
            case "truncated":
                let file = URL(fileURLWithPath: model + "/model.safetensors")
                try Data(contentsOf: file).dropLast(100).write(to: file)
            case "architecture": try edit("\"model_type\": \"llama\"", "\"model_type\": \"mamba\"")
            case "shape": try edit("\"intermediate_size\": 48", "\"intermediate_size\": 64")
            case "layers": try edit("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3")
            case "tokenizer":
                let path = model + "/tokenizer.json"
                let added = #""added_tokens": [{"id": 259, "content": "<|extra|>", "special": true},"#
                try String(contentsOfFile: path, encoding: .utf8).replacing("\"added_tokens\": [", with: added)
                    .write(toFile: path, atomically: true, encoding: .utf8)
            default: try FileManager.default.removeItem(atPath: model + "/config.json")
            }
            let generated = try Tool.run(["generate", "--model", model, "--prompt", "a"])
            let evaluated = try Tool.run(["evaluate", "--model", model, "--data", model + "/tokenizer.json"])
            for outcome in [generated, evaluated] {
                #expect(outcome.status == 1 && outcome.output.isEmpty)
                #expect(outcome.error.hasPrefix("error: ") && outcome.error.contains(expected), "\(outcome.error)")
                #expect(outcome.error.split(separator: "\n").count == 1)
            }
        }
    }
}

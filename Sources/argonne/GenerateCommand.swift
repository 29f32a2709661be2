import ArgonneInference
import ArgonneTokenizer
import Foundation
import JSON
import PJRT
import SPMD

/// `argonne generate`: writes text with a model.
struct GenerateCommand: Command {
    static let name = "generate"
    static let summary = "Write on from prompts with a run, a checkpoint or a Hugging Face model."
    static let discussion = """
        Examples: argonne generate --model runs/first --prompt "Long long time ago, "
                  argonne generate --model llama/ --prompt-file prompts.txt --output texts.txt --greedy
                  argonne generate --model qwen-instruct/ --chat
        A text ends at the tokenizer's end of a document, at the tokens that generation_config.json names, at a --stop string, or after
        --max-new-tokens. The same seed gives the same text on any mesh and in any batch.
        """

    @Option("a run, a checkpoint or a Hugging Face directory", metavar: "DIR") var model: String
    @Option("what to write on from; repeat for more") var prompt: [String]
    @Option("a file with a prompt a line", metavar: "FILE") var promptFile: String?
    @Option("where the texts go (default: standard output)", metavar: "FILE") var output: String?
    @Option("the greatest number of new tokens", must: .be(0...)) var maxNewTokens = 100
    @Option("flattens (above 1) or sharpens (below 1) the distribution", must: .be(0...)) var temperature = 0.8
    @Option("choose among the K likeliest tokens; 0 for all", must: .be(0...)) var topK = 50
    @Option("choose among the likeliest tokens that make up this share", must: .be(0...1)) var topP = 0.95
    @Option("choose among tokens of at least this share of the likeliest one's probability", must: .be(0...1)) var minP: Double?
    @Option("divides the scores of tokens that were there already", must: .bePositive) var repetitionPenalty = 1.0
    @Option("take the likeliest token always") var greedy = false
    @Option("a string that ends a text; repeat for more") var stop: [String]
    @Option("decides which tokens are drawn") var seed: UInt64 = 0
    @Option("prompts that are worked on at the same time", must: .be(1...)) var batchSize = 8
    @Option("a folder with tokenizer.json, or `bytes` (default: the model's own)", metavar: "DIR|bytes") var tokenizer: String?
    @Option("what computes") var device: Device = .cpu
    @Option("the devices' grid, as tensor=2") var mesh = Mesh()
    @Option("weights and activations (default: bf16 on cuda, f32 on cpu)") var precision: Precision?
    @Option("write one JSON object with texts and timings") var json = false
    @Option("answer instead, by the tokenizer's chat template: each --prompt in turn, or what is typed") var chat = false
    @Option("what a chat begins with, as the system's message", metavar: "TEXT") var system: String?

    func run() throws {
        let prompts = try allPrompts()
        try checkOutput()
        let location = try ModelLocation(model)
        let tokenizer = try location.loadTokenizer(self.tokenizer)
        if chat, tokenizer.chatTemplate == nil { throw TemplateError.missing }
        let runtime = try Runtime(device.plugin, mesh: mesh)
        let compute = (precision ?? device.precision).elementType
        let generator = try Generator(LoadedModel(directory: location.weights, compute: compute, on: runtime), tokenizer: tokenizer)
        let sampling = Sampling(
            temperature: greedy ? 0 : temperature, topK: topK == 0 ? nil : topK, topP: topP == 1 ? nil : topP, minP: minP,
            repetitionPenalty: repetitionPenalty, seed: seed)
        let options = GenerationOptions(
            maxNewTokens: maxNewTokens, sampling: sampling, stopTokens: location.stopTokens(tokenizer), stopStrings: stop)
        if chat { return try ChatSession(generator: generator, tokenizer: tokenizer, options: options, system: system).run(prompts) }

        // One prompt on a terminal appears as it is written; several come one after the other.
        let isStreaming = prompts.count == 1 && output == nil && !json
        if isStreaming { try StandardOutput.write(prompts[0]) }
        let (results, timing) = try generator.generate(prompts.map(tokenizer.encodePrompt), options, batchSize: batchSize) { _, text in
            if isStreaming { try StandardOutput.write(text) }
        }
        if isStreaming { try StandardOutput.write("\n") }

        if isStreaming { return }
        let texts = zip(prompts, results).map { $0 + $1.text }
        let written = json ? "\(object(texts, results, timing))\n" : texts.joined(separator: "\n") + "\n"
        guard let output else { return try StandardOutput.write(written) }
        try Data(written.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
    }

    private func object(_ texts: [String], _ results: [Generation], _ timing: GenerationTiming) -> JSONValue {
        [
            "texts": .array(texts.map(JSONValue.string)), "prompt_tokens": JSONValue(integerLiteral: timing.promptTokens),
            "new_tokens": JSONValue(integerLiteral: results.reduce(0) { $0 + $1.tokens.count }),
            "prefill_tokens_per_second": .number(String(format: "%.1f", timing.prefillRate)),
            "decode_tokens_per_second": .number(String(format: "%.1f", timing.decodeRate)),
        ]
    }

    /// What cannot be written, or does not go together, is refused before a model is loaded.
    private func checkOutput() throws {
        if chat {
            for (isGiven, name) in [(promptFile != nil, "prompt-file"), (output != nil, "output"), (json, "json")] where isGiven {
                throw UsageError.conflict("--chat and --\(name) do not go together")
            }
        } else if system != nil {
            throw UsageError.conflict("--system is for --chat")
        }
        guard let output else { return }
        let folder = (output as NSString).deletingLastPathComponent
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: folder.isEmpty ? "." : folder, isDirectory: &isFolder)
        guard isThere, isFolder.boolValue else {
            throw UsageError.conflict("--output \(output): there is no folder \(folder)")
        }
        if FileManager.default.fileExists(atPath: output, isDirectory: &isFolder), isFolder.boolValue {
            throw UsageError.conflict("--output \(output) is a folder; name a file")
        }
    }

    private func allPrompts() throws -> [String] {
        var prompts = prompt
        if let promptFile {
            guard let data = FileManager.default.contents(atPath: promptFile) else {
                throw UsageError.conflict("--prompt-file \(promptFile) cannot be read")
            }
            prompts += String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
        }
        guard !prompts.isEmpty || chat else {
            throw UsageError.conflict("there is nothing to write on from; give --prompt or --prompt-file")
        }
        return prompts
    }
}

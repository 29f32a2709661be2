import ArgonneInference
import Foundation
import JSON
import PJRT
import SPMD

/// `argonne bench generate`: times reading prompts and writing on.
struct BenchGenerateCommand: Command {
    static let name = "bench generate"
    static let summary = "Time prefill and greedy decoding of a model; prints one JSON line."
    static let discussion = """
        Example: argonne bench generate --model llama/ --batch 8
        The first new token belongs to the prefill, as the rates count; seconds is all of a run, without compilation.
        Benchmarks/generate has the same for transformers.
        """

    @Option("a run, a checkpoint or a Hugging Face directory", metavar: "DIR") var model: String
    @Option("prompts that are worked on at the same time", must: .be(1...)) var batch = 1
    @Option("tokens of each prompt", must: .be(1...)) var promptTokens = 128
    @Option("new tokens of each prompt", must: .be(2...)) var newTokens = 64
    @Option("runs that count; the medians are printed", must: .be(1...)) var runs = 3
    @Option("what computes") var device: Device = .cpu
    @Option("the devices' grid, as tensor=2") var mesh = Mesh()
    @Option("weights and activations (default: bf16 on cuda, f32 on cpu)") var precision: Precision?

    func run() throws {
        let compute = (precision ?? device.precision).elementType
        let loaded = try LoadedModel(directory: ModelLocation(model).weights, compute: compute, on: Runtime(device.plugin, mesh: mesh))
        let outcome = try GenerationBenchmark(batchSize: batch, promptTokens: promptTokens, newTokens: newTokens, runs: runs)(loaded)
        let result: JSONValue = [
            "framework": .string("argonne \(version)"), "batch": JSONValue(integerLiteral: batch),
            "prompt_tokens": JSONValue(integerLiteral: promptTokens), "new_tokens": JSONValue(integerLiteral: newTokens),
            "prefill_tokens_per_second": .number(String(format: "%.1f", outcome.prefillRate)),
            "decode_tokens_per_second": .number(String(format: "%.1f", outcome.decodeRate)),
            "seconds": .number(String(format: "%.3f", outcome.seconds)),
            "compile_seconds": .number(String(format: "%.2f", outcome.compileSeconds)),
            "tokens": .array(outcome.tokens.prefix(12).map { JSONValue(integerLiteral: Int($0)) }),
        ]
        try StandardOutput.write("\(result)\n")
    }
}

import ArgonneModels
import ArgonneTraining
import Foundation
import JSON
import PJRT
import SPMD
import StableHLO

/// `argonne bench train`: times the training step.
struct BenchTrainCommand: Command {
    static let name = "bench train"
    static let summary = "Time the training step of a model of Argonne's shapes on random tokens; prints one JSON line."
    static let discussion =
        "Flags, step and keys are those of Benchmarks/train/torch_train.py, for comparing both in one run on one machine."

    @Option("blocks", must: .be(1...)) var layers = 6
    @Option("width of the residual stream", must: .be(1...)) var hidden = 384
    @Option("query heads", must: .be(1...)) var heads = 6
    @Option("key/value heads", must: .be(1...)) var kvHeads = 2
    @Option("width of the feed-forward layer", must: .be(1...)) var ffn = 1024
    @Option("rows of the embedding", must: .be(1...)) var vocab = 8192
    @Option("tokens in a sequence", must: .be(2...)) var seq = 256
    @Option("sequences a step", must: .be(1...)) var batch = 8
    @Option("steps that are timed", must: .be(1...)) var steps = 10
    @Option("steps before them", must: .be(1...)) var warmup = 3
    @Option("Argonne 1's shape instead of 2's: no --kv-heads, and --ffn is four times --hidden") var gpt = false
    @Option("share of activations that fall out, with --gpt", must: .be(0...0.9)) var dropout = 0.0
    @Option("compute in bfloat16, weights in float32") var bf16 = false
    @Option("what the backward pass computes again (default: the device's, as train)") var recompute: Recomputation?
    @Option("what computes") var device: Device = .cpu
    @Option("the devices' grid, as data=2,tensor=4") var mesh = Mesh()
    @Option("what computes attention (default: the fastest that the device has)") var attention: AttentionKernel?
    @Option("time each operation of the timed steps, and write the table there", metavar: "FOLDER") var profile: String?

    private func model() throws -> any LanguageModel {
        if gpt {
            return try GPTModel(
                GPTConfiguration(
                    vocabularySize: vocab, hiddenSize: hidden, layerCount: layers, headCount: heads, contextLength: seq,
                    dropoutRate: dropout))
        }
        return try DecoderModel(
            DecoderConfiguration(
                vocabularySize: vocab, hiddenSize: hidden, intermediateSize: ffn, layerCount: layers, headCount: heads,
                keyValueHeadCount: kvHeads, contextLength: seq))
    }

    func run() throws {
        guard batch % mesh.size(.data) == 0 else { throw UsageError.conflict("--batch \(batch) does not divide by mesh \(mesh)") }
        let model = try model()
        let compute: ElementType = bf16 ? .bf16 : .f32
        let runtime = try Runtime(device.plugin, mesh: mesh)
        let kernel = attention ?? AttentionKernel.best(for: model, compute: compute, on: runtime).kernel
        let plan = try ModelPlan(model, mesh: mesh, compute: compute, recomputation: recompute ?? device.recomputation, attention: kernel)
        let layout = BatchLayout(microBatch: batch / mesh.size(.data), sequenceLength: seq)
        let schedule = LearningRateSchedule(shape: .constant, peak: 3e-4, minimum: 3e-4, warmupSteps: 0, totalSteps: steps)
        let start = ContinuousClock.now
        let step = try TrainingStep(plan, AdamW(), schedule, layout, on: runtime)
        var state = try TrainingState.initial(plan, seed: 0, on: runtime)
        let compileSeconds = start.duration(to: .now) / .seconds(1)

        var generator = SystemRandomNumberGenerator()
        var times: [Double] = []
        var loss: Float = 0
        var recording = profile.map { StepProfile(step.program, skipping: warmup, steps: steps, folder: $0) }
        for index in 0..<(warmup + steps) {
            let tokens = (0..<(batch * seq)).map { _ in Int32.random(in: 0..<Int32(vocab), using: &generator) }
            let targets = (0..<(batch * seq)).map { _ in Int32.random(in: 0..<Int32(vocab), using: &generator) }
            let start = ContinuousClock.now
            loss = try step.run(&state, tokens: tokens, targets: targets).read().loss
            if index >= warmup { times.append(start.duration(to: .now) / .seconds(1)) }
            if let line = try recording?.stepFinished() { note(line) }
        }
        let median = times.sorted()[times.count / 2]
        let rate = Double(batch * seq) / median
        let peak = try (device == .cuda ? runtime.devices[0].memoryStats()?.peakBytesInUse : nil) ?? StepMeter.peakResidentBytes
        let result: JSONValue = [
            "framework": .string("argonne \(version)"), "device": .string(runtime.devices[0].kind),
            "params": JSONValue(integerLiteral: model.parameterCount),
            "step_seconds": number(median, 5), "tokens_per_second": number(rate, 1),
            "tflops": number(rate * model.trainingOperations(perTokenAt: seq) / 1e12, 4), "loss": number(Double(loss), 4),
            "peak_gib": number(Double(peak) / 0x1p30, 2), "compile_seconds": number(compileSeconds, 2),
            "compile_cached": .bool(step.program.isFromCache), "attention": .string(kernel.rawValue),
        ]
        try StandardOutput.write("\(result)\n")
    }

    private func number(_ value: Double, _ decimals: Int) -> JSONValue { .number(String(format: "%.\(decimals)f", value)) }
}

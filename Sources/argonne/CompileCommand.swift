import ArgonneModels
import ArgonneTraining
import Foundation
import JSON
import PJRT
import SPMD
import StableHLO

/// `argonne compile`: what the compiler makes of a training step for GPUs that need not be here.
struct CompileCommand: Command {
    static let name = "compile"
    static let summary = "Compile a training step for GPUs that need not be here; say what memory and messages it takes."
    static let discussion = """
        Example: argonne compile --model argonne-2.0 --gpu h100 --mesh tensor=8 --micro-batch 2
        Needs the CUDA plugin (make deps-cuda) and no GPU. The memory is the compiler's own plan, without cuDNN's workspaces and the libraries'
        handles; kernels are not tuned, for which XLA times them on the GPU itself.
        """

    @Option("a preset (\(Preset.allCases.map(\.rawValue).joined(separator: ", "))) or a config.json", metavar: "PRESET|FILE") var model:
        String
    @Option("the kind of GPU") var gpu: DescribedGPU = .h200
    @Option("the devices' grid, as data=2,tensor=4") var mesh = Mesh()
    @Option("sequences that a device reads at once", must: .be(1...)) var microBatch = 1
    @Option("passes whose gradients are added up for a step", must: .be(1...)) var gradientAccumulation = 1
    @Option("tokens in a sequence (default: the model's context)", must: .be(2...)) var sequenceLength: Int?
    @Option("activations and matrix products") var precision: Precision = .bf16
    @Option("what the backward pass computes again") var recompute: Recomputation = .block
    @Option("what computes attention (default: the fastest that the GPU has)") var attention: AttentionKernel?
    @Option("keep attention within a document") var documentMask = false
    @Option("deal the rows of embedding and head out along the tensor axis") var vocabularyParallel = false
    @Option("print one JSON object") var json = false

    func run() throws {
        let model = try ModelConfiguration(named: self.model).model()
        let best = AttentionKernel.best(for: model, compute: precision.elementType, computeCapability: gpu.computeCapability)
        let plan = try ModelPlan(
            model, mesh: mesh, compute: precision.elementType, recomputation: recompute, attention: attention ?? best.kernel,
            isVocabularyParallel: vocabularyParallel)
        let layout = BatchLayout(
            microBatch: microBatch, accumulation: gradientAccumulation, sequenceLength: sequenceLength ?? model.contextLength)
        let schedule = LearningRateSchedule(peak: 3e-4, minimum: 3e-5, warmupSteps: 100, totalSteps: 1000)
        let start = ContinuousClock.now
        let executable = try TrainingStep.compiled(plan, AdamW(), schedule, layout, hasSegments: documentMask, for: gpu)
        let seconds = start.duration(to: .now) / .seconds(1)

        let memory = try executable.memoryStats()
        let program = try executable.optimizedProgram()
        let counts = program.operationCounts()
        let calls = counts.filter { $0.key.hasPrefix("__") }.sorted { $0.key < $1.key }
        let messages = program.messages()
        let limit = Int(Double(gpu.memory) * PlatformOptions.cudaMemoryFraction)
        let peak = memory.peak ?? memory.device.total
        if json {
            let object: JSONValue = [
                "model": .string(self.model), "gpu": .string(gpu.rawValue), "mesh": .string(mesh.description),
                "attention": .string(plan.attention.rawValue), "compile_seconds": .number(String(format: "%.1f", seconds)),
                "memory_per_device": [
                    "arguments": JSONValue(integerLiteral: memory.device.arguments),
                    "temporaries": JSONValue(integerLiteral: memory.device.temporaries),
                    "peak": JSONValue(integerLiteral: peak), "limit": JSONValue(integerLiteral: limit),
                ],
                "operations": .object(
                    counts.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, JSONValue(integerLiteral: $0.value)) }),
                "messages": .array(
                    messages.map {
                        [
                            "opcode": .string($0.opcode), "name": .string($0.name), "asynchronous": .bool($0.isAsynchronous),
                            "overlapped": .array($0.overlapped.map(JSONValue.string)),
                        ]
                    }),
            ]
            return try StandardOutput.write("\(object)\n")
        }
        var lines = [
            "\(self.model) on \(mesh.deviceCount) × \(gpu.rawValue), mesh \(mesh), micro-batch \(microBatch), \(precision.rawValue), recompute \(recompute.rawValue)",
            "attention: \(plan.attention.rawValue)\(attention == nil ? " (\(best.reason))" : "")",
            "compiled in \(String(format: "%.1f", seconds)) s",
            "memory of each device, planned by the compiler:",
            "  state and batch \(gibibytes(memory.device.arguments)) GiB",
            "  intermediate values \(gibibytes(memory.device.temporaries)) GiB",
            "  at the most \(gibibytes(peak)) of \(gibibytes(limit)) GiB: \(peak <= limit ? "fits" : "does not fit")",
            "library calls: " + (calls.isEmpty ? "none" : calls.map { "\($0.value) \($0.key)" }.joined(separator: ", ")),
        ]
        for message in messages {
            let how = message.isAsynchronous ? "beside \(message.overlapped.count) operations" : "alone"
            lines.append(
                "message \(message.name): \(how)\(message.overlapped.isEmpty ? "" : " (\(message.overlapped.prefix(8).joined(separator: ", ")))")"
            )
        }
        try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    }
}

extension DescribedGPU: OptionValue {}
extension AttentionKernel: OptionValue {}

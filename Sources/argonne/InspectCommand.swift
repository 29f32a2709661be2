import ArgonneModels
import ArgonneTraining
import Foundation
import JSON
import SPMD
import StableHLO

/// `argonne inspect`: what a model is and needs, without allocating it.
struct InspectCommand: Command {
    static let name = "inspect"
    static let summary = "Say how many parameters a model has and what training it needs, without allocating it."
    static let discussion = "Example: argonne inspect --model argonne-2.0 --mesh tensor=8 --precision bf16 --recompute block"

    @Option("a preset (\(Preset.allCases.map(\.rawValue).joined(separator: ", "))), a config.json, or a run", metavar: "PRESET|PATH")
    var model: String
    @Option("the devices' grid, as data=2,tensor=4") var mesh = Mesh()
    @Option("sequences that a device reads at once", must: .be(1...)) var microBatch = 1
    @Option("tokens in a sequence (default: the model's context)", must: .be(2...)) var sequenceLength: Int?
    @Option("activations and matrix products") var precision: Precision = .bf16
    @Option("what the backward pass computes again") var recompute: Recomputation = .block
    @Option("print one JSON object") var json = false

    func run() throws {
        let run = RunFolder(self.model)
        let model = try ModelConfiguration(named: run.checkpointSteps().first.map(run.checkpoint) ?? self.model).model()
        let layout = BatchLayout(microBatch: microBatch, sequenceLength: sequenceLength ?? model.contextLength)
        let plan = try ModelPlan(model, mesh: mesh, compute: precision.elementType, recomputation: recompute)
        let memory = try MemoryEstimate(plan, layout)
        let operations = model.trainingOperations(perTokenAt: layout.sequenceLength)
        if json {
            let object: JSONValue = [
                "model": .string(self.model), "parameters": JSONValue(integerLiteral: model.parameterCount),
                "training_flops_per_token": .number(String(operations)), "mesh": .string(mesh.description),
                "memory_per_device": [
                    "weights": JSONValue(integerLiteral: memory.weights), "optimizer": JSONValue(integerLiteral: memory.optimizer),
                    "gradients": JSONValue(integerLiteral: memory.gradients), "activations": JSONValue(integerLiteral: memory.activations),
                    "logits": JSONValue(integerLiteral: memory.logits), "total": JSONValue(integerLiteral: memory.total),
                ],
            ]
            return try StandardOutput.write("\(object)\n")
        }
        var lines = ["\(grouped(model.parameterCount)) parameters", ""]
        for weight in model.weights {
            let blocks = weight.blocks.map { " × \($0) blocks" } ?? ""
            lines.append("  \(pad(weight.name, 48)) \(weight.shape.map(String.init).joined(separator: " × "))\(blocks)")
        }
        lines += [
            "", "training, for each token at length \(grouped(layout.sequenceLength)): \(String(format: "%.2f", operations / 1e9)) GFLOP",
            "",
            "memory of each device on mesh \(mesh), micro-batch \(microBatch), \(precision.rawValue), recompute \(recompute.rawValue) (estimate):",
        ]
        let parts = [
            ("weights, float32", memory.weights), ("optimizer, float32", memory.optimizer), ("gradients, float32", memory.gradients),
            ("activations", memory.activations), ("a chunk of logits", memory.logits), ("total", memory.total),
        ]
        lines += parts.map { "  \(pad($0.0, 20)) \(pad(gibibytes($0.1), 8, left: true)) GiB" }
        try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    }

    private func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return left ? space + text : text + space
    }
}

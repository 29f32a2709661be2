import ArgonneData
import ArgonneModels
import ArgonneWeights
import Foundation
import PJRT
import SPMD
import StableHLO

/// What a checkpoint tells besides tensors.
public struct RunProgress: Codable, Sendable {
    /// Steps taken.
    public var step: Int
    /// Tokens trained on.
    public var tokens: Int
    /// Where the next batch begins.
    public var position: DataPosition?
    /// How the steps were laid out.
    public var layout: BatchLayout
    /// The mesh that wrote the checkpoint, for information: any mesh can read it.
    public var mesh: String

    /// RunProgress.
    public init(step: Int, tokens: Int, position: DataPosition?, layout: BatchLayout, mesh: String) {
        self.step = step
        self.tokens = tokens
        self.position = position
        self.layout = layout
        self.mesh = mesh
    }
}

/// Checkpoints of a run: each a folder that exists whole or not at all.
///
/// A checkpoint holds global tensors under their Hugging Face names, one for each block, so any mesh can load it, and the folder
/// itself loads as a model: `config.json`, `model*.safetensors` in float32, `optimizer*.safetensors`, `state.json`, `manifest.json`.
public struct CheckpointStore: Sendable {
    private let folder: RunFolder
    private let plan: ModelPlan
    private let configuration: ModelConfiguration
    /// How many are kept; older ones are removed.
    private let kept: Int
    private static let means = "mean."
    private static let squares = "square."
    private static let shardBytes = 5_000_000_000

    /// The checkpoints of a run.
    public init(_ folder: RunFolder, plan: ModelPlan, configuration: ModelConfiguration, kept: Int) {
        self.folder = folder
        self.plan = plan
        self.configuration = configuration
        self.kept = kept
    }

    /// Writes a checkpoint, then removes those that are too many.
    /// - Throws: `WeightsError` where the disk is full or fails; nothing is left of the new checkpoint then, and the others stay.
    public func save(_ state: TrainingState, _ progress: RunProgress) throws {
        try FileManager.default.createDirectory(atPath: folder.checkpoints, withIntermediateDirectories: true)
        try AtomicDirectory.publish(at: folder.checkpoint(progress.step)) { output in
            try output.write(try configuration.json(), named: "config.json")
            try write([("", state.weights)], prefix: "model", to: output)
            try write([(Self.means, state.means), (Self.squares, state.squares)], prefix: "optimizer", to: output)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try output.write(String(decoding: encoder.encode(progress), as: UTF8.self) + "\n", named: "state.json")
            try output.writeManifest()
        }
        for step in folder.checkpointSteps().dropFirst(kept) {
            try? FileManager.default.removeItem(atPath: folder.checkpoint(step))
        }
    }

    private func write(_ sets: [(prefix: String, arrays: [ShardedArray])], prefix: String, to output: OutputDirectory) throws {
        // Tensors are written block by block while the stack of all blocks that they belong to is in memory, one stack at a time.
        var sources: [String: (array: ShardedArray, block: Int)] = [:]
        var descriptions: [TensorDescription] = []
        for set in sets {
            for (weight, array) in zip(plan.weights, set.arrays) {
                for block in 0..<(weight.blocks ?? 1) {
                    let name = set.prefix + weight.name(inBlock: block)
                    descriptions.append(TensorDescription(name: name, type: .f32, shape: weight.shape))
                    sources[name] = (array, block)
                }
            }
        }
        let writer = SafetensorsWriter(
            tensors: descriptions, maximumShardByteCount: Self.shardBytes, prefix: prefix, metadata: ["format": "pt"])
        var stack = HostTensor()
        try writer.write(to: output) { tensor, append in
            guard let (array, block) = sources[tensor.name] else { return }
            try stack.hold(array)
            try append(UnsafeRawBufferPointer(rebasing: stack.memory[(block * tensor.byteCount)..<((block + 1) * tensor.byteCount)]))
        }
    }

    /// Loads the newest checkpoint that is whole. One that is not is passed over and named to `skipped`.
    ///
    /// - Throws: `TrainingError` where there is none.
    public func newest(on runtime: Runtime, skipped: (String) -> Void) throws -> (state: TrainingState, progress: RunProgress) {
        if FileManager.default.fileExists(atPath: folder.checkpoints) { _ = try AtomicDirectory.removeLeftovers(in: folder.checkpoints) }
        for step in folder.checkpointSteps() {
            let path = folder.checkpoint(step)
            do {
                try Manifest(directory: path).verify(directory: path)
            } catch {
                skipped("checkpoint \(path) is damaged (\(error)); going back to the one before it")
                continue
            }
            return try load(path, on: runtime)
        }
        throw TrainingError("\(folder.checkpoints): no checkpoint that is whole; start the run again with `argonne train`")
    }

    private func load(_ path: String, on runtime: Runtime) throws -> (TrainingState, RunProgress) {
        guard let data = FileManager.default.contents(atPath: path + "/state.json"),
            let progress = try? JSONDecoder().decode(RunProgress.self, from: data)
        else { throw TrainingError("\(path)/state.json does not hold the progress of a run") }
        let model = try SafetensorsReader(path: path)
        let optimizer = try SafetensorsReader(path: path, prefix: "optimizer")
        return (
            TrainingState(
                weights: try arrays(from: model, prefix: "", on: runtime),
                means: try arrays(from: optimizer, prefix: Self.means, on: runtime),
                squares: try arrays(from: optimizer, prefix: Self.squares, on: runtime),
                step: try runtime.array([Int32(progress.step)], shape: [])), progress
        )
    }

    private func arrays(from reader: SafetensorsReader, prefix: String, on runtime: Runtime) throws -> [ShardedArray] {
        try plan.weights.map { try runtime.stackedWeight($0, from: reader, prefix: prefix) }
    }
}

extension Runtime {
    /// Reads a weight of all blocks from safetensors in any floating-point type and puts the float32 stack on the devices.
    public func stackedWeight(_ weight: WeightSpecification, from reader: SafetensorsReader, prefix: String = "") throws -> ShardedArray {
        let bytes = weight.shape.reduce(4, *)
        let type = TensorType(weight.stackedShape, .f32)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: type.byteCount, alignment: 64)
        defer { memory.deallocate() }
        memory[(bytes * (weight.blocks ?? 1))...].initializeMemory(as: UInt8.self, repeating: 0)
        for block in 0..<(weight.blocks ?? 1) {
            let tensor = try reader.tensor(prefix + weight.name(inBlock: block))
            guard tensor.shape == weight.shape else {
                throw TrainingError("\(reader.path): \(tensor.name) has the shape \(tensor.shape); the model's is \(weight.shape)")
            }
            try tensor.copy(to: UnsafeMutableRawBufferPointer(rebasing: memory[(block * bytes)..<((block + 1) * bytes)]), as: .f32)
        }
        return try array(from: UnsafeRawBufferPointer(memory), type: type, sharding: weight.stackedSharding)
    }
}

/// Host memory for one tensor at a time.
private struct HostTensor: ~Copyable {
    private(set) var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var held: ObjectIdentifier?

    /// Copies an array here unless it is here already.
    mutating func hold(_ array: ShardedArray) throws {
        let identity = ObjectIdentifier(array.buffers[0])
        guard held != identity else { return }
        if memory.count != array.type.byteCount {
            memory.deallocate()
            memory = .allocate(byteCount: array.type.byteCount, alignment: 64)
        }
        held = nil
        try array.copy(into: memory)
        held = identity
    }

    deinit { memory.deallocate() }
}

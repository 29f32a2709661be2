import ArgonneModels
import ArgonneWeights
import PJRT
import SPMD
import StableHLO

extension LoadedModel {
    /// Loads a folder with `config.json` and safetensors in any layout that `StoredModel` knows: a Hugging Face directory, an original model,
    /// or a checkpoint of a run.
    ///
    /// Everything is checked before anything is put on a device. Elements are converted where the file's type is another; a device gets
    /// its own part of each tensor only.
    /// - Throws: `ModelError` for an architecture that is not known or does not divide on the mesh, `StoredModelError` and `WeightsError` where
    ///   tensors are missing, have another shape, or are not floating-point numbers.
    public init(directory path: String, compute: ElementType, on runtime: Runtime) throws {
        let stored = try StoredModel(path: path)
        let plan = try InferencePlan(stored.model, compute: compute, on: runtime)
        let weights = try stored.model.weights.map { weight in
            try (0..<(weight.blocks ?? 1)).map { block in
                let type = TensorType(weight.shape, compute)
                return try Self.array(stored, weight.name(inBlock: block), type, weight.sharding, on: runtime)
            }
        }
        self.init(plan, weights)
    }

    private static func array(
        _ stored: StoredModel, _ name: String, _ type: TensorType, _ sharding: Sharding, on runtime: Runtime
    ) throws -> ShardedArray {
        // What lies in the file as it is wanted goes to the device from there.
        let mapped = try stored.withContiguousBytes(of: name, as: type.element) {
            try runtime.array(from: $0, type: type, sharding: sharding)
        }
        if let mapped { return mapped }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: type.byteCount, alignment: 64)
        defer { memory.deallocate() }
        var end = 0
        try stored.elements(of: name, as: type.element) { piece in
            UnsafeMutableRawBufferPointer(rebasing: memory[end..<(end + piece.count)]).copyMemory(from: piece)
            end += piece.count
        }
        return try runtime.array(from: UnsafeRawBufferPointer(memory), type: type, sharding: sharding)
    }
}

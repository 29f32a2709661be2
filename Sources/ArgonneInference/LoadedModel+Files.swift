import ArgonneModels
import ArgonneWeights
import PJRT
import SPMD
import StableHLO

extension LoadedModel {
    /// Loads a folder with `config.json` and safetensors under the model's names: a Hugging Face directory or a checkpoint of a run.
    ///
    /// Everything is checked before anything is put on a device. Elements are converted where the file's type is another; a device gets
    /// its own part of each tensor only.
    /// - Throws: `ModelError` for an architecture that is not known or does not divide on the mesh, `InferenceError` and `WeightsError` where
    ///   tensors are missing, have another shape, or cannot be converted.
    public init(directory path: String, compute: ElementType, on runtime: Runtime) throws {
        let model = try ModelConfiguration(file: path + "/config.json").model()
        let plan = try InferencePlan(model, compute: compute, on: runtime)
        let reader = try SafetensorsReader(path: path)
        let tensors = try Self.tensors(of: model, in: reader, as: compute)
        let weights = try zip(model.weights, tensors).map { specification, tensors in
            try tensors.map { try Self.array($0, compute, specification.sharding, on: runtime) }
        }
        self.init(plan, weights)
    }

    private static func tensors(
        of model: any LanguageModel, in reader: SafetensorsReader, as compute: ElementType
    ) throws -> [[SafetensorsTensor]] {
        let names = model.weights.map { weight in (0..<(weight.blocks ?? 1)).map(weight.name(inBlock:)) }
        let missing = names.joined().filter { reader[$0] == nil }
        guard missing.isEmpty else { throw InferenceError.missingTensors(missing, path: reader.path) }
        return try zip(model.weights, names).map { weight, names in
            try names.map { name in
                let tensor = try reader.tensor(name)
                guard tensor.shape == weight.shape else {
                    throw InferenceError.wrongShape(tensor: name, found: tensor.shape, expected: weight.shape, path: reader.path)
                }
                guard let type = tensor.type.elementType, FloatConversion.isAvailable(from: type, to: compute) else {
                    throw WeightsError.notConvertible(tensor: name, from: tensor.type.rawValue, to: SafetensorsType(compute).rawValue)
                }
                return tensor
            }
        }
    }

    private static func array(
        _ tensor: SafetensorsTensor, _ compute: ElementType, _ sharding: Sharding, on runtime: Runtime
    ) throws -> ShardedArray {
        let type = TensorType(tensor.shape, compute)
        if tensor.type.elementType == compute {
            return try tensor.withBytes { try runtime.array(from: $0, type: type, sharding: sharding) }
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: type.byteCount, alignment: 64)
        defer { memory.deallocate() }
        try tensor.copy(to: memory, as: compute)
        return try runtime.array(from: UnsafeRawBufferPointer(memory), type: type, sharding: sharding)
    }
}

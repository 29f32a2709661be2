import ArgonneModels
import ArgonneWeights
import Foundation
import PJRT
import SPMD
import TestSupport

/// Models with the shapes of the presets in small, and random weights that no two places share.
enum TinyModel: String, CaseIterable {
    /// Heads of ten dimensions, three query heads to a key/value head, a tied head.
    case argonne2
    case argonne1
    case qwen2
    case qwen3

    var configuration: ModelConfiguration {
        func decoder(headDimension: Int? = nil, _ change: (inout DecoderConfiguration) -> Void = { _ in }) -> ModelConfiguration {
            var configuration = DecoderConfiguration(
                vocabularySize: 37, hiddenSize: 30, intermediateSize: 44, layerCount: 2, headCount: 3, keyValueHeadCount: 1,
                contextLength: 16,
                headDimension: headDimension)
            change(&configuration)
            return .decoder(configuration)
        }
        return switch self {
        case .argonne2: decoder()
        case .argonne1: .gpt(GPTConfiguration(vocabularySize: 37, hiddenSize: 20, layerCount: 2, headCount: 2, contextLength: 16))
        case .qwen2:
            decoder {
                $0.hasQueryKeyValueBias = true
                $0.ropeTheta = 1000
            }
        case .qwen3:
            decoder(headDimension: 14) {
                $0.hasQueryKeyNorm = true
                $0.isHeadTied = false
            }
        }
    }

    /// Writes the model as `argonne train` does, under its own names in float32, and opens it.
    func stored(in folder: String) throws -> StoredModel { try Self.store(configuration, in: folder) }

    static func store(_ configuration: ModelConfiguration, in folder: String) throws -> StoredModel {
        let tensors = try configuration.model().weights.flatMap { weight in
            (0..<(weight.blocks ?? 1)).map { TensorDescription(name: weight.name(inBlock: $0), type: .f32, shape: weight.shape) }
        }
        return try store(tensors, configuration.json(), in: folder)
    }

    /// Writes tensors of random numbers.
    static func store(_ tensors: [TensorDescription], _ json: String, in folder: String) throws -> StoredModel {
        try write(tensors, json, in: folder)
        return try StoredModel(path: folder)
    }

    static func write(_ tensors: [TensorDescription], _ json: String, in folder: String) throws {
        let output = try OutputDirectory(path: folder)
        try output.write(json, named: "config.json")
        var generator = SplitMix64(seed: 1)
        try SafetensorsWriter(tensors: tensors.sorted { $0.name < $1.name }).write(to: output) { tensor, append in
            let center: Float = tensor.name.contains("norm") || tensor.name.contains("ln") ? 1 : 0
            let numbers = (0..<tensor.elementCount).map { _ in center + Float.random(in: -0.5...0.5, using: &generator) }
            if tensor.type == .f32 {
                try numbers.withUnsafeBytes(append)
            } else {
                try Array(repeating: UInt8(0), count: tensor.byteCount).withUnsafeBytes(append)
            }
        }
        try output.writeManifest()
    }
}

/// The bytes of a file.
func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// One of the test client's devices.
func oneDevice() throws -> Runtime { try Runtime(client: TestClient.shared, mesh: Mesh()) }

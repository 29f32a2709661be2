import ArgonneInference
import ArgonneModels
import ArgonneTokenizer
import ArgonneWeights
import Foundation
import PJRT
import SPMD
import TestSupport
import Testing

/// A folder that is not the model it says it is gives an error that names what is wrong.
struct LoadedModelTests {
    private typealias Tensor = (description: TensorDescription, values: [Float])

    /// Loads a copy of the golden Llama whose configuration and tensors are changed.
    private static func load(
        compute: ElementType = .f32, mesh: Mesh = Mesh(), type: SafetensorsType = .f32, configuration: (inout String) -> Void = { _ in },
        tensors: (inout [Tensor]) -> Void = { _ in }, check body: (LoadedModel) throws -> Void = { _ in }
    ) throws {
        let golden = GoldenModel.llama.directory
        var json = try String(contentsOfFile: golden + "/config.json", encoding: .utf8)
        configuration(&json)
        let reader = try SafetensorsReader(path: golden)
        var all: [Tensor] = try reader.names.map { name in
            let tensor = try reader.tensor(name)
            return (TensorDescription(name: name, type: type, shape: tensor.shape), try tensor.elements(as: Float.self))
        }
        tensors(&all)
        try withTemporaryDirectory { folder in
            try json.write(toFile: folder + "/config.json", atomically: true, encoding: .utf8)
            try write(all, type, to: folder + "/model.safetensors")
            try body(LoadedModel(directory: folder, compute: compute, on: Runtime(client: TestClient.shared, mesh: mesh)))
        }
    }

    /// Writes a safetensors file by hand.
    private static func write(_ tensors: [Tensor], _ type: SafetensorsType, to path: String) throws {
        var header: [String: Any] = [:]
        var data = Data()
        for tensor in tensors {
            let start = data.count
            for value in tensor.values {
                switch type {
                case .bf16: withUnsafeBytes(of: BFloat16(value).bits) { data.append(contentsOf: $0) }
                case .f16: withUnsafeBytes(of: Float16(value)) { data.append(contentsOf: $0) }
                default: withUnsafeBytes(of: value) { data.append(contentsOf: $0) }
                }
            }
            header[tensor.description.name] = [
                "dtype": tensor.description.type.rawValue, "shape": tensor.description.shape, "data_offsets": [start, data.count],
            ]
        }
        let json = try JSONSerialization.data(withJSONObject: header)
        try (withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json + data).write(to: URL(fileURLWithPath: path))
    }

    @Test func missingTensorsAreNamed() throws {
        do {
            try Self.load(tensors: { $0.removeAll { $0.description.name.contains("layers.1.mlp") } })
            Issue.record("it loaded")
        } catch let error as StoredModelError {
            #expect(error.description.contains("model.layers.1.mlp.gate_proj.weight"))
            guard case .missingTensors(let names, _) = error else { throw error }
            #expect(names.count == 3)
        }
    }

    @Test func anotherShapeIsNamed() throws {
        do {
            try Self.load(configuration: { $0 = $0.replacing("\"intermediate_size\": 48", with: "\"intermediate_size\": 64") })
            Issue.record("it loaded")
        } catch let error as StoredModelError {
            guard case .wrongShape(let tensor, [32, 48], [32, 64], _) = error else { throw error }
            #expect(tensor == "model.layers.0.mlp.down_proj.weight")
        }
    }

    @Test func anUnknownArchitectureIsNamed() throws {
        do {
            try Self.load(configuration: { $0 = $0.replacing("\"model_type\": \"llama\"", with: "\"model_type\": \"mamba\"") })
            Issue.record("it loaded")
        } catch let error as ModelError {
            #expect(error.description.contains("mamba"))
        }
    }

    @Test func aMeshThatDoesNotDivideTheHeadsIsNamed() throws {
        do {
            try Self.load(mesh: Mesh(tensor: 4))
            Issue.record("it loaded")
        } catch let error as ModelError {
            #expect(error.description.contains("2 key/value heads"))
        }
    }

    @Test func integersAreNoWeights() throws {
        #expect(throws: StoredModelError.self) {
            try Self.load(tensors: { tensors in
                let first = tensors[0].description
                tensors[0].description = TensorDescription(name: first.name, type: .i32, shape: first.shape)
            })
        }
        #expect(throws: InferenceError.unsupportedPrecision("i32")) { try Self.load(compute: .i32) }
    }

    @Test func aTokenizerLargerThanTheEmbeddingIsRefused() throws {
        try Self.load(
            configuration: { $0 = $0.replacing("\"vocab_size\": 259", with: "\"vocab_size\": 258") },
            tensors: { tensors in
                for index in tensors.indices where tensors[index].description.name == "model.embed_tokens.weight" {
                    tensors[index].description = TensorDescription(name: "model.embed_tokens.weight", type: .f32, shape: [258, 32])
                    tensors[index].values.removeLast(32)
                }
            },
            check: { model in
                #expect(throws: InferenceError.tokenizerTooLarge(tokens: 259, rows: 258)) { try Generator(model, tokenizer: .bytes) }
            })
    }

    @Test func weightsThatAreNotNumbersAreFound() throws {
        try Self.load(
            tensors: { $0[0].values = $0[0].values.map { _ in .nan } },
            check: { model in
                let generator = try Generator(model, tokenizer: .bytes)
                #expect(throws: InferenceError.notANumber) { try generator.generate([[1, 2]], GenerationOptions(maxNewTokens: 2)) }
            })
    }

    @Test(arguments: [SafetensorsType.bf16, .f16])
    func filesInHalfPrecisionLoad(_ type: SafetensorsType) throws {
        try Self.load(
            type: type,
            check: { model in
                let texts = try GoldenModel.llama.continuations()
                let results = try Generator(model, tokenizer: .bytes).generate(texts.map(\.prompt), GenerationOptions(maxNewTokens: 1))
                    .results
                #expect(zip(results, texts).count { $0.tokens[0] == $1.greedy[0] } >= 3)
            })
    }

    @Test func stopTokensAreReadFromTheFolder() throws {
        try withTemporaryDirectory { folder in
            #expect(GenerationOptions.stopTokens(directory: folder).isEmpty)
            try "{\"eos_token_id\": [151645, 151643]}".write(toFile: folder + "/generation_config.json", atomically: true, encoding: .utf8)
            #expect(GenerationOptions.stopTokens(directory: folder) == [151_645, 151_643])
            try "{\"eos_token_id\": 2}".write(toFile: folder + "/generation_config.json", atomically: true, encoding: .utf8)
            #expect(GenerationOptions.stopTokens(directory: folder) == [2])
        }
    }
}

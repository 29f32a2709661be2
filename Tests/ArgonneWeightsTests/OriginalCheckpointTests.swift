import ArgonneModels
import ArgonneWeights
import Foundation
import TestSupport
import Testing

/// Checkpoints as their authors' own programs left them.
struct OriginalCheckpointTests {
    /// Writes the tensors of a model folder under other names, with further ones that hold zeros.
    private static func rename(
        _ source: String, to folder: String, configuration: String, adding extra: [TensorDescription] = [], _ rename: (String) -> String
    ) throws {
        let reader = try SafetensorsReader(path: source)
        let names = Dictionary(uniqueKeysWithValues: reader.names.map { (rename($0), $0) })
        let output = try OutputDirectory(path: folder)
        try output.write(configuration, named: "config.json")
        let tensors = try names.map { name, old in
            let tensor = try reader.tensor(old)
            return TensorDescription(name: name, type: tensor.type, shape: tensor.shape)
        }
        try SafetensorsWriter(tensors: (tensors + extra).sorted { $0.name < $1.name }).write(to: output) { tensor, append in
            guard let old = names[tensor.name] else {
                return try Array(repeating: UInt8(0), count: tensor.byteCount).withUnsafeBytes(append)
            }
            try reader.tensor(old).withBytes(append)
        }
    }

    private static let configuration = """
        {"model_type": "argonne", "vocab_size": 37, "n_embd": 20, "n_layer": 3, "n_head": 2, "block_size": 16, "dropout": 0.1}
        """

    /// Argonne 1.0 was trained in stages of blocks: three blocks on two devices are stages of two and one.
    @Test func stagesOfAPipelineBecomeOneModel() throws {
        try withTemporaryDirectory { folder in
            let shape = GPTConfiguration(vocabularySize: 37, hiddenSize: 20, layerCount: 3, headCount: 2, contextLength: 16)
            _ = try TinyModel.store(.gpt(shape), in: folder + "/model")
            let masks = ["0.0", "0.1", "1.0"].map {
                TensorDescription(name: "pipeline_stages.\($0).attn.mask", type: .f32, shape: [1, 1, 16, 16])
            }
            try Self.rename(folder + "/model", to: folder + "/stages", configuration: Self.configuration, adding: masks) {
                $0.replacing("blocks.0.", with: "pipeline_stages.0.0.").replacing("blocks.1.", with: "pipeline_stages.0.1.")
                    .replacing("blocks.2.", with: "pipeline_stages.1.0.")
            }
            let stages = try StoredModel(path: folder + "/stages")
            #expect(stages.layout == .argonne1)
            #expect(stages.configuration == .gpt(shape))
            let comparison = try stages.publish(at: folder + "/back", ModelFormat(.argonne1), comparingOn: oneDevice())
            #expect(comparison?.greatestDifference == 0)
            #expect(try bytes(folder + "/back/model.safetensors") == bytes(folder + "/model/model.safetensors"))
        }
    }

    @Test func aMissingStageAndATwofoldBlockAreNamed() throws {
        try withTemporaryDirectory { folder in
            let shape = GPTConfiguration(vocabularySize: 37, hiddenSize: 20, layerCount: 3, headCount: 2, contextLength: 16)
            _ = try TinyModel.store(.gpt(shape), in: folder + "/model")
            let twice = TensorDescription(name: "pipeline_stages.0.0.ln1.bias", type: .f32, shape: [20])
            try Self.rename(folder + "/model", to: folder + "/twice", configuration: Self.configuration, adding: [twice]) { $0 }
            let surplus = #expect(throws: StoredModelError.self) { try StoredModel(path: folder + "/twice") }
            #expect("\(try #require(surplus))".contains("pipeline_stages.0.0.ln1.bias"))
            let four = Self.configuration.replacing("\"n_layer\": 3", with: "\"n_layer\": 4")
            try Self.rename(folder + "/model", to: folder + "/short", configuration: four) {
                $0.replacing("blocks.", with: "pipeline_stages.0.")
            }
            let missing = #expect(throws: StoredModelError.self) { try StoredModel(path: folder + "/short") }
            #expect("\(try #require(missing))".contains("blocks.3."))
        }
    }

    /// The GPT-2 that OpenAI published has a tied head, an approximate GELU, and names without a prefix.
    @Test func gpt2IsReadAsItIs() throws {
        try withTemporaryDirectory { folder in
            let source = GoldenModel.gpt2.directory
            let original = try StoredModel(path: source)
            try original.publish(at: folder + "/own", ModelFormat(.argonne1))
            try StoredModel(path: folder + "/own").publish(at: folder + "/back", ModelFormat(.gpt2))
            #expect(try bytes(folder + "/back/model.safetensors") == bytes(source + "/model.safetensors"))
            let json = try String(contentsOfFile: source + "/config.json", encoding: .utf8)
            let mask = TensorDescription(name: "h.0.attn.bias", type: .f32, shape: [1, 1, 64, 64])
            try Self.rename(source, to: folder + "/bare", configuration: json, adding: [mask]) { $0.replacing("transformer.", with: "") }
            try StoredModel(path: folder + "/bare").publish(at: folder + "/whole", ModelFormat(.gpt2))
            #expect(try bytes(folder + "/whole/model.safetensors") == bytes(source + "/model.safetensors"))
        }
    }

    @Test func configurationsOfOthersAreReadAsTheyMean() throws {
        func read(_ json: String) throws -> ModelConfiguration {
            try withTemporaryDirectory { folder in
                try Data(json.utf8).write(to: URL(fileURLWithPath: folder + "/config.json"))
                return try ModelConfiguration(file: folder + "/config.json")
            }
        }
        let shape = """
            "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, \
            "max_position_embeddings": 64
            """
        // transformers leaves out what its own default is, and for a class of the author's own a tied head is.
        guard case .decoder(let argonne2) = try read("{\"model_type\": \"argonne2\", \(shape)}"),
            case .decoder(let llama) = try read("{\"model_type\": \"llama\", \(shape)}")
        else {
            Issue.record("not decoders")
            return
        }
        #expect(argonne2.isHeadTied && !llama.isHeadTied)
        let biased = #expect(throws: ModelError.self) { try read("{\"model_type\": \"llama\", \"attention_bias\": true, \(shape)}") }
        #expect("\(try #require(biased))".contains("attention_bias"))
        let activation = #expect(throws: ModelError.self) {
            try read(
                Self.configuration.replacing("argonne", with: "gpt2")
                    .replacing("block_size", with: "n_positions").replacing(
                        "\"dropout\"", with: "\"activation_function\": \"relu\", \"dropout\""))
        }
        #expect("\(try #require(activation))".contains("relu"))
    }
}

import ArgonneModels
import ArgonneWeights
import Foundation
import PJRT
import TestSupport
import Testing

/// Every bad input is refused by name, and leaves the folder around the output as it was.
struct StoredModelErrorTests {
    /// Tensors of the small Argonne 2 after a change.
    private func changed(_ change: ([TensorDescription]) -> [TensorDescription], in folder: String) throws {
        let configuration = TinyModel.argonne2.configuration
        let tensors = try configuration.model().weights.flatMap { weight in
            (0..<(weight.blocks ?? 1)).map { TensorDescription(name: weight.name(inBlock: $0), type: .f32, shape: weight.shape) }
        }
        try TinyModel.write(change(tensors), configuration.json(), in: folder)
    }

    @Test func missingTensors() throws {
        try withTemporaryDirectory { folder in
            try changed({ $0.filter { $0.name != "model.layers.1.mlp.up_proj.weight" } }, in: folder)
            #expect(throws: StoredModelError.missingTensors(["model.layers.1.mlp.up_proj.weight"], path: folder)) {
                try StoredModel(path: folder)
            }
        }
    }

    @Test func extraTensors() throws {
        try withTemporaryDirectory { folder in
            let bias = TensorDescription(name: "model.layers.0.self_attn.o_proj.bias", type: .f32, shape: [30])
            try changed({ $0 + [bias] }, in: folder)
            #expect(throws: StoredModelError.extraTensors([bias.name], path: folder)) { try StoredModel(path: folder) }
        }
    }

    @Test func wrongShape() throws {
        try withTemporaryDirectory { folder in
            let name = "model.layers.0.self_attn.k_proj.weight"
            try changed({ $0.map { $0.name == name ? TensorDescription(name: name, type: .f32, shape: [30, 10]) : $0 } }, in: folder)
            #expect(throws: StoredModelError.wrongShape(tensor: name, found: [30, 10], expected: [10, 30], path: folder)) {
                try StoredModel(path: folder)
            }
        }
    }

    @Test func wrongType() throws {
        try withTemporaryDirectory { folder in
            let name = "model.norm.weight"
            try changed({ $0.map { $0.name == name ? TensorDescription(name: name, type: .i8, shape: $0.shape) : $0 } }, in: folder)
            #expect(throws: StoredModelError.wrongType(tensor: name, found: "I8", path: folder)) { try StoredModel(path: folder) }
        }
    }

    @Test func aTiedHeadThatIsNotTheEmbedding() throws {
        try withTemporaryDirectory { folder in
            try changed({ $0 + [TensorDescription(name: "lm_head.weight", type: .f32, shape: [37, 30])] }, in: folder)
            #expect(throws: StoredModelError.unequalCopy(tensor: "lm_head.weight", of: "model.embed_tokens.weight", path: folder)) {
                try StoredModel(path: folder)
            }
        }
    }

    @Test func truncatedFile() throws {
        try withTemporaryDirectory { folder in
            _ = try TinyModel.argonne2.stored(in: folder)
            let path = folder + "/model.safetensors"
            try bytes(path).dropLast(1000).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: WeightsError.self) { try StoredModel(path: folder) }
            #expect("\(try #require(error))".contains(path))
        }
    }

    @Test func aFileThatChangedSinceItWasWritten() throws {
        try withTemporaryDirectory { folder in
            let model = try TinyModel.argonne2.stored(in: folder)
            try model.verify()
            var contents = try bytes(folder + "/model.safetensors")
            contents[contents.count - 1] ^= 1
            try contents.write(to: URL(fileURLWithPath: folder + "/model.safetensors"))
            #expect(throws: WeightsError.self) { try StoredModel(path: folder).verify() }
        }
    }

    @Test func unknownArchitecture() throws {
        try withTemporaryDirectory { folder in
            try changed({ $0 }, in: folder)
            try Data(#"{"model_type": "mamba"}"#.utf8).write(to: URL(fileURLWithPath: folder + "/config.json"))
            let error = #expect(throws: ModelError.self) { try StoredModel(path: folder) }
            #expect("\(try #require(error))".contains("mamba"))
        }
    }

    @Test func namesOfNoLayout() throws {
        try withTemporaryDirectory { folder in
            try changed({ $0.map { TensorDescription(name: "x." + $0.name, type: $0.type, shape: $0.shape) } }, in: folder)
            let error = #expect(throws: StoredModelError.self) { try StoredModel(path: folder) }
            #expect("\(try #require(error))".contains("x.model.embed_tokens.weight"))
        }
    }

    @Test func noConfiguration() throws {
        try withTemporaryDirectory { folder in
            _ = try TinyModel.argonne1.stored(in: folder)
            let file = folder + "/model.safetensors"
            #expect(throws: StoredModelError.noConfiguration(path: file)) { try StoredModel(path: file) }
            let model = try StoredModel(path: file, configuration: TinyModel.argonne1.configuration)
            #expect(model.layout == .argonne1)
        }
    }

    @Test(arguments: ["pytorch_model.bin", "checkpoint.pt"])
    func pickles(_ name: String) throws {
        try withTemporaryDirectory { folder in
            let file = folder + "/" + name
            try Data("PK".utf8).write(to: URL(fileURLWithPath: file))
            #expect(throws: StoredModelError.pickled(file: file)) { try StoredModel(path: folder) }
            #expect(throws: StoredModelError.pickled(file: file)) { try StoredModel(path: file) }
        }
    }

    @Test func badOutputsTouchNothing() throws {
        try withTemporaryDirectory { folder in
            let model = try TinyModel.argonne2.stored(in: folder + "/model")
            let out = folder + "/out"
            #expect(throws: StoredModelError.wrongLayout(.gpt2, expected: [.llama, .argonne2])) {
                try model.publish(at: out, ModelFormat(.gpt2))
            }
            #expect(throws: StoredModelError.tokenizerTooLarge(tokens: 38, rows: 37)) {
                try model.publish(at: out, ModelFormat(.llama), tokenizerSize: 38)
            }
            #expect(throws: StoredModelError.exists(path: folder + "/model")) {
                try model.publish(at: folder + "/model", ModelFormat(.llama))
            }
            #expect(throws: CancellationError.self) {
                try model.publish(at: out, ModelFormat(.llama)) { _ in throw CancellationError() }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model"])
        }
    }

    @Test func whatALayoutCannotSay() throws {
        try withTemporaryDirectory { folder in
            guard case .decoder(var shape) = TinyModel.argonne2.configuration else { return }
            shape.slidingWindow = 4
            let windowed = try TinyModel.store(.decoder(shape), in: folder + "/windowed")
            #expect(throws: StoredModelError.self) { try windowed.check(ModelFormat(.llama), at: folder + "/out") }
            try windowed.check(ModelFormat(.argonne2), at: folder + "/out")
            let qwen = try TinyModel.qwen3.stored(in: folder + "/qwen3")
            #expect(throws: StoredModelError.self) { try qwen.check(ModelFormat(.argonne2), at: folder + "/out") }
        }
    }

    /// A weight that half precision cannot hold must not become a file.
    @Test func logitsThatDifferStopTheExport() throws {
        try withTemporaryDirectory { folder in
            let model = try TinyModel.argonne2.stored(in: folder + "/model")
            var contents = try bytes(folder + "/model/model.safetensors")
            withUnsafeBytes(of: Float(1e6)) { number in contents.replaceSubrange((contents.count - 4)..., with: number) }
            try contents.write(to: URL(fileURLWithPath: folder + "/large.safetensors"))
            let large = try StoredModel(path: folder + "/large.safetensors", configuration: model.configuration)
            #expect(throws: StoredModelError.self) {
                try large.publish(at: folder + "/out", ModelFormat(.llama, type: .f16), comparingOn: oneDevice())
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["large.safetensors", "model"])
        }
    }
}

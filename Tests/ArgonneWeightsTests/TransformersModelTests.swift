import ArgonneModels
import ArgonneWeights
import Foundation
import PJRT
import SPMD
import TestSupport
import Testing

/// Against the models that Golden/make_models.py writes with transformers.
struct TransformersModelTests {
    static let names = ["llama", "qwen2", "qwen3", "gpt2"]

    static func folder(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(name)").path
    }

    /// A weight in the wrong place, transposed or not, or a step of the model that is not transformers', shows in the logits.
    @Test(arguments: names)
    func logitsAreTransformers(_ name: String) throws {
        let model = try StoredModel(path: Self.folder(name))
        let expected = try SafetensorsReader(path: Self.folder(name) + "/logits.safetensors")
        let tokens = try expected.tensor("tokens").elements(as: Int32.self)
        let wanted = try expected.tensor("logits").elements(as: Float.self)
        let found = try LogitsProgram(model.model, length: tokens.count, on: oneDevice()).logits(of: model, for: tokens)
        let comparison = LogitsComparison(of: wanted, and: found)
        #expect(comparison.greatestDifference < 1e-4, "\(comparison)")
    }

    /// In and out again, a model is the very file that transformers wrote.
    @Test(arguments: names)
    func roundTripIsTheSameFile(_ name: String) throws {
        try withTemporaryDirectory { folder in
            let original = try StoredModel(path: Self.folder(name))
            try original.publish(at: folder + "/own", ModelFormat(.own(for: original.configuration)))
            let own = try StoredModel(path: folder + "/own")
            #expect(own.layout == .own(for: own.configuration))
            try own.publish(at: folder + "/back", ModelFormat(.transformers(for: own.configuration)))
            #expect(try bytes(folder + "/back/model.safetensors") == bytes(Self.folder(name) + "/model.safetensors"))
            #expect(try StoredModel(path: folder + "/back").configuration == original.configuration)
        }
    }

    @Test func whatTransformersComputesByItselfIsLeftOut() throws {
        try withTemporaryDirectory { folder in
            let reader = try SafetensorsReader(path: Self.folder("gpt2"))
            let mask = TensorDescription(name: "transformer.h.1.attn.bias", type: .u8, shape: [1, 1, 16, 16])
            let tensors = reader.names.compactMap { reader[$0]?.description } + [mask]
            let model = try TinyModel.store(
                tensors, String(decoding: bytes(Self.folder("gpt2") + "/config.json"), as: UTF8.self), in: folder)
            #expect(model.layout == .gpt2)
        }
    }
}

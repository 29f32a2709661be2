import ArgonneModels
import ArgonneWeights
import Foundation
import JSON
import PJRT
import SPMD
import TestSupport
import Testing

/// Every layout of every architecture, there and back.
struct RoundTripTests {
    static let layouts: [(TinyModel, WeightLayout)] = [
        (.argonne2, .llama), (.argonne2, .argonne2), (.argonne1, .gpt2), (.argonne1, .argonne1), (.qwen2, .llama), (.qwen3, .llama),
    ]

    @Test(arguments: layouts)
    func filesAndLogitsAreTheSame(_ tiny: TinyModel, _ layout: WeightLayout) throws {
        try withTemporaryDirectory { folder in
            let model = try tiny.stored(in: folder + "/model")
            let comparison = try model.publish(at: folder + "/out", ModelFormat(layout), comparingOn: oneDevice())
            #expect(comparison?.greatestDifference == 0)
            let out = try StoredModel(path: folder + "/out")
            #expect(out.layout == layout)
            #expect(out.configuration == tiny.configuration)
            try out.publish(at: folder + "/back", ModelFormat(.own(for: out.configuration)))
            #expect(try bytes(folder + "/back/model.safetensors") == bytes(folder + "/model/model.safetensors"))
        }
    }

    /// Rounded once, the numbers stay what they are through any number of round trips.
    @Test(arguments: layouts, [ElementType.f16, .bf16])
    func roundedModelsKeepTheirBits(_ pair: (TinyModel, WeightLayout), _ type: ElementType) throws {
        let (tiny, layout) = pair
        try withTemporaryDirectory { folder in
            let model = try tiny.stored(in: folder + "/model")
            try model.publish(at: folder + "/out", ModelFormat(layout, type: type))
            let own = WeightLayout.own(for: tiny.configuration)
            try StoredModel(path: folder + "/out").publish(at: folder + "/own", ModelFormat(own))
            try StoredModel(path: folder + "/own").publish(at: folder + "/again", ModelFormat(layout))
            #expect(try bytes(folder + "/again/model.safetensors") == bytes(folder + "/out/model.safetensors"))
        }
    }

    @Test(arguments: [ElementType.f16, .bf16])
    func roundingStaysWithinTheTolerance(_ type: ElementType) throws {
        try withTemporaryDirectory { folder in
            let model = try TinyModel.argonne2.stored(in: folder + "/model")
            let comparison = try model.publish(at: folder + "/out", ModelFormat(.llama, type: type), comparingOn: oneDevice())
            let error = try #require(comparison?.relativeError)
            #expect(error > 0 && error < LogitsComparison.tolerance(for: type))
        }
    }

    @Test func logitsAreTheSameOnAnyMesh() throws {
        try withTemporaryDirectory { folder in
            let model = try TinyModel.argonne1.stored(in: folder + "/model")
            let tokens: [Int32] = [1, 2, 3, 4]
            let logits = try [Mesh(), Mesh(tensor: 2)].map { mesh in
                try LogitsProgram(model.model, length: 4, on: Runtime(client: TestClient.shared, mesh: mesh)).logits(of: model, for: tokens)
            }
            #expect(LogitsComparison(of: logits[0], and: logits[1]).greatestDifference < 1e-4)
        }
    }

    /// GPT-2's layout of matrices that are gathered in several strips, none of which is a divisor of them.
    @Test func largeMatricesAreTransposed() throws {
        try withTemporaryDirectory { folder in
            let shape = GPTConfiguration(vocabularySize: 11, hiddenSize: 270, layerCount: 1, headCount: 2, contextLength: 8)
            let model = try TinyModel.store(.gpt(shape), in: folder + "/model")
            try model.publish(at: folder + "/out", ModelFormat(.gpt2))
            let fused = try SafetensorsReader(path: folder + "/out").tensor("transformer.h.0.mlp.c_fc.weight").elements(as: Float.self)
            let own = try SafetensorsReader(path: folder + "/model").tensor("blocks.0.mlp.fc1.weight").elements(as: Float.self)
            #expect(fused == (0..<270).flatMap { column in (0..<1080).map { own[$0 * 270 + column] } })
            try StoredModel(path: folder + "/out").publish(at: folder + "/back", ModelFormat(.argonne1))
            #expect(try bytes(folder + "/back/model.safetensors") == bytes(folder + "/model/model.safetensors"))
        }
    }

    /// A model of any size streams through pieces of about a megabyte.
    @Test func piecesAreSmall() throws {
        try withTemporaryDirectory { folder in
            let shape = GPTConfiguration(vocabularySize: 20_000, hiddenSize: 64, layerCount: 1, headCount: 2, contextLength: 8)
            let model = try TinyModel.store(.gpt(shape), in: folder + "/model")
            var sizes: [Int] = []
            try model.elements(of: "head.weight", as: .bf16) { sizes.append($0.count) }
            #expect(sizes.reduce(0, +) == 20_000 * 64 * 2)
            #expect(sizes.max() ?? 0 <= 1 << 20)
        }
    }

    @Test func shardsAndIndexAreReadBack() throws {
        try withTemporaryDirectory { folder in
            let model = try TinyModel.argonne1.stored(in: folder + "/model")
            try model.publish(at: folder + "/out", ModelFormat(.gpt2, maximumShardByteCount: 20_000))
            let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/out").sorted()
            #expect(files.contains("model.safetensors.index.json"))
            #expect(files.contains("model-00001-of-00003.safetensors"), "\(files)")
            try StoredModel(path: folder + "/out").publish(at: folder + "/back", ModelFormat(.argonne1))
            #expect(try bytes(folder + "/back/model.safetensors") == bytes(folder + "/model/model.safetensors"))
        }
    }

    /// The original Argonne 2 stored the tied head; a Llama file need not.
    @Test func aTiedHeadIsACopy() throws {
        try withTemporaryDirectory { folder in
            let model = try TinyModel.argonne2.stored(in: folder + "/model")
            try model.publish(at: folder + "/original", ModelFormat(.argonne2))
            let original = try SafetensorsReader(path: folder + "/original")
            #expect(original["blocks.1.attn.o_proj.weight"] != nil)
            #expect(
                try original.tensor("lm_head.weight").elements(as: Float.self)
                    == original.tensor("embed_tokens.weight").elements(as: Float.self))
            try StoredModel(path: folder + "/original").publish(at: folder + "/llama", ModelFormat(.llama))
            #expect(try SafetensorsReader(path: folder + "/llama")["lm_head.weight"] == nil)
        }
    }

    @Test func configurationsSayWhatTransformersNeeds() throws {
        try withTemporaryDirectory { folder in
            let tokens = SpecialTokenIDs(beginning: 3, end: 4)
            let model = try TinyModel.argonne1.stored(in: folder + "/model")
            try model.publish(at: folder + "/gpt2", ModelFormat(.gpt2, type: .bf16, tokens: tokens))
            let gpt2 = try JSONValue(parsing: Array(bytes(folder + "/gpt2/config.json")))
            #expect(gpt2["architectures"] == ["GPT2LMHeadModel"])
            #expect(gpt2["model_type"] == "gpt2")
            #expect(gpt2["activation_function"] == "gelu")
            #expect(gpt2["torch_dtype"] == "bfloat16")
            #expect(gpt2["eos_token_id"] == 4)
            #expect(gpt2["pad_token_id"] == .null)
            try model.publish(at: folder + "/original", ModelFormat(.argonne1))
            let original = try JSONValue(parsing: Array(bytes(folder + "/original/config.json")))
            #expect(original["architectures"] == nil)
            #expect(original["model_type"] == "argonne1")
        }
    }
}

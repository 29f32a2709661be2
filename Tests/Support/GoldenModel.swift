import ArgonneModels
import ArgonneWeights
import Foundation
import PJRT
import SPMD

/// Small random models with what PyTorch and transformers make of them, from Tests/Golden/models.py.
package enum GoldenModel: String, CaseIterable, Sendable {
    /// Grouped query heads and a tied head.
    case llama
    /// Llama 3's scaling of rotary frequencies and an untied head.
    case llama3
    /// Biases of queries, keys and values.
    case qwen2
    /// Normalised queries and keys.
    case qwen3
    /// Argonne 1.
    case gpt
    /// GPT-2 with its tied head and approximate GELU, as transformers stores it.
    case gpt2
    /// Qwen2 in which a token sees seven, itself included.
    case window

    /// A folder with `config.json`, `model.safetensors` and `expected.safetensors`.
    package var directory: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden/\(rawValue)")
            .path
    }

    /// The model without weights.
    package func model() throws -> any LanguageModel { try ModelConfiguration(file: directory + "/config.json").model() }

    /// The model's weights, each stacked over blocks, in the order of its specifications.
    package func stackedWeights() throws -> [[Float]] {
        let stored = try StoredModel(path: directory)
        return try stored.model.weights.map { weight in
            var values: [Float] = []
            for block in 0..<(weight.blocks ?? 1) {
                try stored.elements(of: weight.name(inBlock: block), as: .f32) { values += $0.bindMemory(to: Float.self) }
            }
            return values
        }
    }

    /// What transformers makes of it.
    package func expected() throws -> SafetensorsReader { try SafetensorsReader(path: directory + "/expected.safetensors") }

    /// The prompts, and what greedy decoding writes on from each.
    package func continuations() throws -> [(prompt: [Int32], greedy: [Int32])] {
        let expected = try expected()
        let lengths = try expected.tensor("lengths").elements(as: Int32.self).map(Int.init)
        let (prompts, greedy) = (try expected.tensor("prompts"), try expected.tensor("greedy"))
        let (all, written) = (try prompts.elements(as: Int32.self), try greedy.elements(as: Int32.self))
        return lengths.enumerated().map { row, length in
            (
                Array(all[(row * prompts.shape[1])...].prefix(length)),
                Array(written[(row * greedy.shape[1])...].prefix(greedy.shape[1]))
            )
        }
    }
}

/// The greatest absolute difference between two lists of equal length; infinite where lengths differ or something is not a number.
package func greatestDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { greatest, pair in
        let difference = abs(pair.0 - pair.1)
        return difference.isNaN ? .infinity : max(greatest, difference)
    }
}

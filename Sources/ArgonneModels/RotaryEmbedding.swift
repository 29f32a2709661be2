import Foundation
import PJRT
import StableHLO

/// Rotary position embedding in the rotate-half convention (Su et al., arXiv:2104.09864, as Llama lays it out): the first half of a head's
/// dimensions pairs with the second.
public struct RotaryEmbedding: Sendable, Hashable {
    /// Angular frequency of each pair of dimensions, in radians a position.
    public let frequencies: [Double]

    /// - Parameters:
    ///   - headDimension: size of a head, even.
    ///   - theta: the base; frequency i is theta^(−2i/headDimension).
    ///   - scaling: Llama 3's stretch of low frequencies, if any.
    public init(headDimension: Int, theta: Double, scaling: RotaryScaling? = nil) {
        frequencies = (0..<(headDimension / 2)).map { i in
            let frequency = pow(theta, -2 * Double(i) / Double(headDimension))
            return scaling?.scaled(frequency) ?? frequency
        }
    }

    /// Cosines and sines, float32, of shape `positions.shape + [headDimension / 2]`.
    func tables(at positions: Value) -> (cos: Value, sin: Value) {
        let rates = positions.graph.constant(frequencies, .f32, shape: [frequencies.count])
        let angles = positions.converted(to: .f32).reshaped(positions.shape + [1]) * rates
        return (cos(angles), sin(angles))
    }

    /// Turns heads x [B, T, N, H] by the tables, of shape [T, H/2] or [B, T, H/2].
    static func rotate(_ x: Value, _ tables: (cos: Value, sin: Value)) -> Value {
        let halves = x.split(-1, into: 2)
        let shape = Array(tables.cos.shape.dropLast()) + [1, tables.cos.shape.last ?? 1]
        let (cos, sin) = (tables.cos.reshaped(shape).converted(to: x.element), tables.sin.reshaped(shape).converted(to: x.element))
        return concatenate([halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin], along: -1)
    }
}

/// Llama 3's change of rotary frequencies for long contexts ("rope_type": "llama3").
public struct RotaryScaling: Sendable, Hashable, Codable {
    /// How far low frequencies are stretched.
    public let factor: Double
    /// Wavelengths longer than the original context over this are stretched in full.
    public let lowFrequencyFactor: Double
    /// Wavelengths shorter than the original context over this stay as they are.
    public let highFrequencyFactor: Double
    /// The context that the model was first trained with, in tokens.
    public let originalContextLength: Int
    private let type: String

    enum CodingKeys: String, CodingKey {
        case factor
        case lowFrequencyFactor = "low_freq_factor"
        case highFrequencyFactor = "high_freq_factor"
        case originalContextLength = "original_max_position_embeddings"
        case type = "rope_type"
    }

    /// Reads Hugging Face's `rope_scaling`; refuses types other than llama3.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        type = try values.decode(String.self, forKey: .type)
        guard type == "llama3" else {
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: values, debugDescription: "rope_type \(type) is not supported, only llama3")
        }
        factor = try values.decode(Double.self, forKey: .factor)
        lowFrequencyFactor = try values.decode(Double.self, forKey: .lowFrequencyFactor)
        highFrequencyFactor = try values.decode(Double.self, forKey: .highFrequencyFactor)
        originalContextLength = try values.decode(Int.self, forKey: .originalContextLength)
    }

    func scaled(_ frequency: Double) -> Double {
        let turns = Double(originalContextLength) * frequency / (2 * .pi)
        if turns < lowFrequencyFactor { return frequency / factor }
        if turns > highFrequencyFactor { return frequency }
        let share = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
        return (1 - share) * frequency / factor + share * frequency
    }
}

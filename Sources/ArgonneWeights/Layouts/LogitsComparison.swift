import ArgonneModels
import PJRT
import SPMD
import StableHLO

/// How far the logits of two models for the same tokens are apart.
public struct LogitsComparison: Sendable {
    /// The root of the mean square of the difference, over the standard deviation of the first model's logits.
    public let relativeError: Double
    /// The greatest difference.
    public let greatestDifference: Double

    /// What a relative error may be where weights were rounded to a type, float32 being exact.
    ///
    /// Rounding changes a weight of k bits by about 2^-k/3 of itself, and the logits of a deep model by several times that.
    public static func tolerance(for type: ElementType) -> Double {
        switch type {
        case .bf16: 0.05
        case .f16: 0.01
        default: 1e-5
        }
    }

    /// Computes both models' logits for a fixed sequence of tokens. They are of one shape; one is on the devices at a time.
    public init(of first: StoredModel, and second: StoredModel, on runtime: Runtime) throws {
        let model = first.model
        let tokens = (0..<min(32, model.contextLength)).map { Int32(truncatingIfNeeded: ($0 * 7919 + 17) % model.vocabularySize) }
        let program = try LogitsProgram(model, length: tokens.count, on: runtime)
        let logits = try program.logits(of: first, for: tokens)
        self.init(of: logits, and: try program.logits(of: second, for: tokens))
    }

    /// Compares logits that are computed.
    public init(of first: [Float], and second: [Float]) {
        let count = Double(max(first.count, 1))
        let mean = first.reduce(0) { $0 + Double($1) } / count
        let variance = first.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        let differences = zip(first, second).map { Double($0) - Double($1) }
        let error = (differences.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
        relativeError = first.count != second.count || !error.isFinite ? .infinity : error == 0 ? 0 : error / variance.squareRoot()
        greatestDifference = differences.lazy.map(abs).max() ?? 0
    }
}

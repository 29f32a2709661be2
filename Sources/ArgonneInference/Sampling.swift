/// How the next token is chosen from the model's scores.
///
/// The order is that of Hugging Face transformers: repetition penalty, temperature, top-k, top-p, min-p. Each works on what the ones
/// before it have left.
public struct Sampling: Sendable, Hashable {
    /// Scores are divided by it; 0 takes the token with the greatest score (greedy).
    public var temperature: Double
    /// Only tokens whose score is among the k greatest.
    public var topK: Int?
    /// The most probable tokens until their probabilities add up to p (Holtzman et al., arXiv:1904.09751).
    public var topP: Double?
    /// Only tokens at least this share as probable as the most probable one (Nguyen et al., arXiv:2407.01082).
    public var minP: Double?
    /// Scores of tokens that occurred are divided by it where positive and multiplied where negative (Keskar et al., arXiv:1909.05858);
    /// 1 for none.
    public var repetitionPenalty: Double
    /// Decides the random numbers. The n-th new token of a prompt gets the same one on any mesh and in any batch.
    public var seed: UInt64

    /// The token with the greatest score.
    public static let greedy = Sampling(temperature: 0)

    /// Sampling from the whole distribution, unless narrowed.
    public init(
        temperature: Double = 1, topK: Int? = nil, topP: Double? = nil, minP: Double? = nil, repetitionPenalty: Double = 1, seed: UInt64 = 0
    ) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.repetitionPenalty = repetitionPenalty
        self.seed = seed
    }

    /// Whether the token is simply the one with the greatest score, which the devices find by themselves.
    var takesGreatest: Bool { temperature == 0 && repetitionPenalty == 1 }

    /// - Throws: `InferenceError` where a number is out of its range.
    public func validate() throws(InferenceError) {
        func check(_ name: String, _ value: Double?, _ expected: String, _ isValid: (Double) -> Bool) throws(InferenceError) {
            guard let value, !isValid(value) else { return }
            throw .invalidOption(name: name, value: "\(value)", expected: expected)
        }
        try check("temperature", temperature, "0 or a positive number") { $0 >= 0 && $0.isFinite }
        try check("top-k", topK.map(Double.init), "at least 1") { $0 >= 1 }
        try check("top-p", topP, "greater than 0 and at most 1") { $0 > 0 && $0 <= 1 }
        try check("min-p", minP, "from 0 to 1") { $0 >= 0 && $0 <= 1 }
        try check("repetition-penalty", repetitionPenalty, "a positive number") { $0 > 0 && $0.isFinite }
    }
}

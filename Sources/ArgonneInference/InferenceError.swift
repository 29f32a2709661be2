/// Why a model cannot be loaded for inference, or cannot do what is asked of it.
public enum InferenceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Activations cannot have this element type.
    case unsupportedPrecision(String)
    /// The tokenizer has ids for which the embedding has no row.
    case tokenizerTooLarge(tokens: Int, rows: Int)
    /// A prompt or document has no tokens.
    case empty(index: Int)
    /// A token is not in the vocabulary.
    case unknownToken(Int, index: Int, vocabulary: Int)
    /// The model's scores are not numbers.
    case notANumber
    /// An option's value is out of its range.
    case invalidOption(name: String, value: String, expected: String)

    /// One line that says what is wrong and what would be right.
    public var description: String {
        switch self {
        case .unsupportedPrecision(let type):
            return "a model cannot compute in \(type); choose f32, bf16 or f16"
        case .tokenizerTooLarge(let tokens, let rows):
            return "the tokenizer has \(tokens) tokens and the model's embedding only \(rows) rows; they do not belong together"
        case .empty(let index):
            return "text \(index + 1) has no tokens; there is nothing to go on from"
        case .unknownToken(let token, let index, let vocabulary):
            return "text \(index + 1) holds the token \(token), and the model knows 0 to \(vocabulary - 1)"
        case .notANumber:
            return "the model's scores are not numbers: its weights are damaged, or too large for the precision it computes in"
        case .invalidOption(let name, let value, let expected):
            return "\(name) is \(value) and must be \(expected)"
        }
    }
}

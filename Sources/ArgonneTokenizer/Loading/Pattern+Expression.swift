extension Pretokenizer.Pattern {
    private static let endOfText = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

    private static func gpt4Expression(_ numbers: String, spaceAtEnd: String = "") -> String {
        #"\#(contraction)|[^\r\n\p{L}\p{N}]?\p{L}+|\#(numbers)| ?[^\s\p{L}\p{N}]+[\r\n]*|\#(spaceAtEnd)\#(endOfText)"#
    }

    private static let gpt4oExpression = [
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+\#(contraction)?"#,
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*\#(contraction)?"#,
        #"\p{N}{1,3}"#, #" ?[^\s\p{L}\p{N}]+[\r\n/]*"#, endOfText,
    ].joined(separator: "|")

    /// As the tokenizers' files write them.
    private static let expressions: [(String, Pretokenizer.Pattern)] = [
        (#"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2),
        (gpt4Expression(#"\p{N}"#), .gpt4(digits: 1, keepsTrailingSpace: false)),
        (gpt4Expression(#"\p{N}{1,3}"#), .gpt4(digits: 3, keepsTrailingSpace: false)),
        // tiktoken's own spelling means something else to Hugging Face's engine, to which {1,3}+ is no possessive quantifier.
        (gpt4Expression(#"\p{N}{1,3}"#, spaceAtEnd: #"\s+\z|"#), .gpt4(digits: 3, keepsTrailingSpace: true)),
        (gpt4oExpression, .gpt4o),
    ]

    /// The pattern that a regular expression stands for, if it is one of the known ones.
    init?(expression: String) {
        guard let known = Self.expressions.first(where: { $0.0 == expression }) else { return nil }
        self = known.1
    }

    /// The regular expression; nil for no pattern.
    var expression: String? { Self.expressions.first { $0.1 == self }?.0 }
}

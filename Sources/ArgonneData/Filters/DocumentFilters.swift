import Checksums

/// Which documents are left out. Every rule is a share of, or a bound on, the document's characters (Unicode scalars).
public struct DocumentFilters: Sendable, Equatable, Codable {
    /// The shares of digits, letters and symbols are not looked at in a text with no more characters than this.
    public var shareThreshold = 50
    /// The largest share of digits; 1 for any.
    public var maximumDigitShare = 0.5
    /// The smallest share of letters and spaces together; 0 for any.
    public var minimumLetterShare = 0.3
    /// The largest share of characters that are neither digits, letters nor spaces; 1 for any.
    public var maximumSymbolShare = 1.0
    /// The fewest characters.
    public var minimumCharacters = 0
    /// The most characters.
    public var maximumCharacters = Int.max
    /// The largest share of non-empty lines that have come before in the document; 1 for any.
    public var maximumRepeatedLineShare = 1.0
    /// The lowest score, from `TextLayout.scoreColumn`; nil for any.
    public var minimumScore: Double?
    /// The fewest tokens, boundaries included.
    public var minimumTokens = 10

    /// The rules of the Argonne runs: at most half digits, at least 30 % letters and spaces, both where a text is longer than 50
    /// characters, and at least 10 tokens.
    public static let argonne = DocumentFilters()

    /// Every document that has text.
    public static let none = {
        var filters = DocumentFilters()
        filters.maximumDigitShare = 1
        filters.minimumLetterShare = 0
        filters.minimumTokens = 0
        return filters
    }()

    /// The Argonne rules.
    public init() {}

    /// Reads the rules that differ from the Argonne rules.
    public init(from decoder: any Decoder) throws {
        self.init()
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try values.read(&shareThreshold, .shareThreshold)
        try values.read(&maximumDigitShare, .maximumDigitShare)
        try values.read(&minimumLetterShare, .minimumLetterShare)
        try values.read(&maximumSymbolShare, .maximumSymbolShare)
        try values.read(&minimumCharacters, .minimumCharacters)
        try values.read(&maximumCharacters, .maximumCharacters)
        try values.read(&maximumRepeatedLineShare, .maximumRepeatedLineShare)
        minimumScore = try values.decodeIfPresent(Double.self, forKey: .minimumScore)
        try values.read(&minimumTokens, .minimumTokens)
    }

    /// The first rule that leaves a text out, in the order of `DropRule`; nil where it stays. `minimumTokens` is not looked at here.
    package func rule(against text: UnsafeBufferPointer<UInt8>, score: Double?) -> DropRule? {
        if text.isEmpty { return .empty }
        guard let counts = CharacterCounts(utf8: text) else { return .invalidUTF8 }
        if counts.characters > shareThreshold {
            let characters = Double(counts.characters)
            if Double(counts.digits) / characters > maximumDigitShare { return .digits }
            if Double(counts.letters + counts.spaces) / characters < minimumLetterShare { return .letters }
            if Double(counts.symbols) / characters > maximumSymbolShare { return .symbols }
        }
        if counts.characters < minimumCharacters { return .tooShort }
        if counts.characters > maximumCharacters { return .tooLong }
        if maximumRepeatedLineShare < 1, Self.repeatedLineShare(text) > maximumRepeatedLineShare { return .repeatedLines }
        if let minimumScore, !((score ?? -.infinity) >= minimumScore) { return .score }
        return nil
    }

    /// The share of non-empty lines that are equal to an earlier line.
    static func repeatedLineShare(_ text: UnsafeBufferPointer<UInt8>) -> Double {
        var seen: Set<UInt64> = []
        var lines = 0
        for line in text.split(separator: UInt8(ascii: "\n")) {
            lines += 1
            seen.insert(XXH64.digest(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: line))))
        }
        return lines == 0 ? 0 : Double(lines - seen.count) / Double(lines)
    }
}

extension KeyedDecodingContainer {
    /// Reads a setting where it is there, and leaves its default where it is not.
    func read<Value: Decodable>(_ value: inout Value, _ key: Key) throws {
        value = try decodeIfPresent(Value.self, forKey: key) ?? value
    }
}

/// Why a document was left out.
public enum DropRule: String, Sendable, Codable, CodingKeyRepresentable, CaseIterable {
    /// Null or without text.
    case empty
    /// Not valid UTF-8.
    case invalidUTF8 = "invalid_utf8"
    /// More digits than `DocumentFilters.maximumDigitShare`.
    case digits
    /// Fewer letters and spaces than `DocumentFilters.minimumLetterShare`.
    case letters
    /// More symbols than `DocumentFilters.maximumSymbolShare`.
    case symbols
    /// Shorter than `DocumentFilters.minimumCharacters`.
    case tooShort = "too_short"
    /// Longer than `DocumentFilters.maximumCharacters`.
    case tooLong = "too_long"
    /// More repeated lines than `DocumentFilters.maximumRepeatedLineShare`.
    case repeatedLines = "repeated_lines"
    /// A score below `DocumentFilters.minimumScore`, or none.
    case score
    /// Fewer tokens than `DocumentFilters.minimumTokens`.
    case fewTokens = "few_tokens"
}

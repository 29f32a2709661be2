import ArgonneData

/// Where the text is, and which documents are left out: what the commands that make tokens for training have. The defaults are the rules of
/// the Argonne runs.
struct FilterOptions: OptionGroup {
    private static let argonne = DocumentFilters.argonne

    var text = TextOptions()
    @Option("the fewest characters of a document", must: .be(0...)) var minimumCharacters = Self.argonne.minimumCharacters
    @Option("the most characters of a document (default: any number)", must: .be(1...)) var maximumCharacters: Int?
    @Option("the greatest share of digits, in texts of more than 50 characters", must: .be(0...1))
    var maximumDigitShare = Self.argonne.maximumDigitShare
    @Option("the smallest share of letters and white space, in texts of more than 50 characters", must: .be(0...1))
    var minimumLetterShare = Self.argonne.minimumLetterShare
    @Option("the greatest share of other characters, in texts of more than 50 characters", must: .be(0...1))
    var maximumSymbolShare = Self.argonne.maximumSymbolShare
    @Option("the greatest share of lines that repeat an earlier one of the document", must: .be(0...1))
    var maximumRepeatedLines = Self.argonne.maximumRepeatedLineShare
    @Option("the fewest tokens of a document, its boundaries included", must: .be(0...)) var minimumTokens = Self.argonne.minimumTokens
    @Option("the column or key that holds a score for --minimum-score, as of the language", metavar: "NAME") var scoreColumn: String?
    @Option("the lowest score of a document; one without a score is left out too") var minimumScore: Double?

    /// Where the text and the score are.
    var layout: TextLayout {
        var layout = text.layout
        layout.scoreColumn = scoreColumn
        return layout
    }

    /// The rules.
    ///
    /// - Throws: `UsageError.conflict` for options that do nothing, or leave nothing, together.
    func filters() throws(UsageError) -> DocumentFilters {
        if minimumScore != nil, scoreColumn == nil {
            throw .conflict("--minimum-score needs --score-column, the name of the column that holds the scores")
        }
        if let scoreColumn, minimumScore == nil {
            throw .conflict("--score-column \(scoreColumn) does nothing without --minimum-score")
        }
        if let maximumCharacters, maximumCharacters < minimumCharacters {
            throw .conflict("--maximum-characters \(maximumCharacters) is less than --minimum-characters \(minimumCharacters)")
        }
        var filters = DocumentFilters.argonne
        filters.minimumCharacters = minimumCharacters
        filters.maximumCharacters = maximumCharacters ?? filters.maximumCharacters
        filters.maximumDigitShare = maximumDigitShare
        filters.minimumLetterShare = minimumLetterShare
        filters.maximumSymbolShare = maximumSymbolShare
        filters.maximumRepeatedLineShare = maximumRepeatedLines
        filters.minimumTokens = minimumTokens
        filters.minimumScore = minimumScore
        return filters
    }
}

/// Reads a shard's rows in order, from the row it was opened at.
protocol ShardReader: AnyObject {
    /// The next rows, at least one; nil at the end of the shard.
    func next() throws(DataError) -> RowBlock?
}

/// Consecutive rows of a shard in memory.
enum RowBlock: Sendable {
    case text(TextBatch)
    case tokens(TokenShard, Range<Int>)

    var count: Int {
        switch self {
        case .text(let batch): batch.count
        case .tokens(_, let documents): documents.count
        }
    }
}

/// One row of a block.
struct Row: Sendable {
    let block: RowBlock
    let index: Int

    /// Whether it has yet to be tokenised.
    var isText: Bool {
        if case .text = block { true } else { false }
    }

    /// Bytes of its content.
    var size: Int {
        switch block {
        case .text(let batch): batch.text(at: index).count
        case .tokens(let shard, let documents): shard.tokens(of: documents.lowerBound + index).byteCount
        }
    }
}

/// How the rows of text shards are found.
public struct TextLayout: Sendable, Equatable, Codable {
    /// What a document is in a plain text file.
    public enum PlainTextDocument: String, Sendable, Codable, CaseIterable {
        /// Every line is one.
        case line
        /// The whole file is one.
        case file
    }

    /// The column of Parquet and Arrow files, and the key of JSON Lines, that holds the text.
    public var textColumn: String
    /// The column or key with a score of the document, for `DocumentFilters.minimumScore`.
    public var scoreColumn: String?
    /// What a document is in plain text.
    public var plainText: PlainTextDocument

    /// The column `text`, no score, a document a line.
    public init(textColumn: String = "text", scoreColumn: String? = nil, plainText: PlainTextDocument = .line) {
        self.textColumn = textColumn
        self.scoreColumn = scoreColumn
        self.plainText = plainText
    }
}

extension Shard {
    /// Opens the shard at a row.
    ///
    /// - Parameter tokenizer: the fingerprint that prepared tokens must have.
    func open(layout: TextLayout, tokenizer: String, at row: Int) throws(DataError) -> any ShardReader {
        switch format {
        case .arrow:
            try ArrowShardReader(path: path, textColumn: layout.textColumn, scoreColumn: layout.scoreColumn, firstRow: row)
        case .jsonLines: try JSONLinesReader(path: path, layout: layout, firstRow: row)
        case .text:
            switch layout.plainText {
            case .line: try TextLinesReader(path: path, firstRow: row)
            case .file: try TextFileReader(path: path, firstRow: row)
            }
        case .tokens: try TokenShardReader(path: path, tokenizer: tokenizer, firstRow: row)
        }
    }
}

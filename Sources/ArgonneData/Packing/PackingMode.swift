/// How documents become rows of T + 1 tokens, of which the first T are inputs and the last T their targets.
public enum PackingMode: String, Sendable, Codable, CaseIterable {
    /// One endless run of tokens, cut every T tokens: rows run across documents and nothing is lost.
    case pack
    /// Each document cut into rows every T tokens; its tail, and every document shorter than a row, is thrown away. What the Argonne runs did,
    /// at the price of most of a web corpus.
    case chunk
    /// Each document begins a row and goes on in further rows where it is longer; the rest of its last row is padding without targets.
    case pad
}

/// The size of a batch, over all data-parallel ranks.
public struct BatchShape: Sendable, Equatable, Codable {
    /// Rows.
    public var rows: Int
    /// T: inputs, and targets, in a row.
    public var sequenceLength: Int

    /// A shape.
    public init(rows: Int, sequenceLength: Int) {
        self.rows = rows
        self.sequenceLength = sequenceLength
    }

    /// Refuses shapes without tokens.
    func validate() throws(DataError) {
        if rows < 1 || sequenceLength < 1 {
            throw .badConfiguration("a batch of \(rows) rows of \(sequenceLength) tokens, expected at least one of each")
        }
    }
}

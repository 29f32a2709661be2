/// What is read, what is left out, in which order, and how it becomes rows: everything but the size of a batch.
public struct CorpusConfiguration: Sendable, Equatable, Codable {
    /// The sources, with their shares of the tokens.
    public var sources: [DataSource]
    /// Where the text is in a shard.
    public var layout = TextLayout()
    /// Which documents are left out.
    public var filters = DocumentFilters.argonne
    /// The share held out, and the side that is read.
    public var split = HeldOutSplit.none
    /// Decides the order of shards and of the documents in a window.
    public var seed: UInt64 = 0
    /// Rows that are shuffled at a time; 0 reads the shards in natural order, row by row.
    public var shuffleWindow = 8192
    /// How often the sources are read; nil for as long as batches are asked for.
    public var epochs: Int?
    /// How documents become rows.
    public var packing = PackingMode.pack
    /// Whether batches say which document each token belongs to, so that attention can stop at its boundaries.
    public var documentMask = false

    /// Sources with the Argonne filters, shuffled, read again and again.
    public init(sources: [DataSource]) {
        self.sources = sources
    }

    /// Reads the sources, and the settings that differ from the defaults.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        sources = try values.decode([DataSource].self, forKey: .sources)
        try values.read(&layout, .layout)
        try values.read(&filters, .filters)
        try values.read(&split, .split)
        try values.read(&seed, .seed)
        try values.read(&shuffleWindow, .shuffleWindow)
        try values.read(&packing, .packing)
        try values.read(&documentMask, .documentMask)
        epochs = try values.decodeIfPresent(Int.self, forKey: .epochs)
    }

    /// Refuses settings outside their ranges.
    func validate() throws(DataError) {
        if sources.isEmpty { throw .badConfiguration("no data: name files with --data") }
        if Set(sources.map(\.name)).count < sources.count { throw .badConfiguration("two data sources have the same name") }
        if let bad = sources.first(where: { !($0.weight > 0 && $0.weight.isFinite) }) {
            throw .badConfiguration("the weight of source \"\(bad.name)\" is \(bad.weight), expected a positive number")
        }
        if !(0..<1).contains(split.share) {
            throw .badConfiguration("the held-out share is \(split.share), expected at least 0 and less than 1")
        }
        if shuffleWindow < 0 { throw .badConfiguration("the shuffle window is \(shuffleWindow), expected 0 or more rows") }
        if let epochs, epochs < 1 { throw .badConfiguration("\(epochs) epochs, expected 1 or more") }
        if filters.minimumScore != nil, layout.scoreColumn == nil {
            throw .badConfiguration("a lowest score needs the score column's name")
        }
    }
}

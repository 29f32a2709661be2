import ArgonneTokenizer
import Foundation

/// What a shard holds: `argonne data inspect`.
public struct ShardInspection: Sendable, Codable {
    /// Where it is.
    public var path: String
    /// How its documents are stored.
    public var format: Shard.Format
    /// Its size.
    public var fileBytes: Int
    /// The columns of a Parquet or Arrow file.
    public var fields: [ArrowField] = []
    /// The row groups of a Parquet file, or the record batches of an Arrow file.
    public var rowGroups: [ArrowDescription.RowGroup] = []
    /// Unicode scalars in all rows that are valid UTF-8; 0 for prepared tokens.
    public var characters = 0
    /// Rows, bytes of text, documents and tokens, and what the filters left out. For prepared tokens: of the shard that they were made from.
    public var counts = DocumentCounts()
    /// What prepared tokens were made from, and how.
    public var preparation: PreparedShardMetadata?
    /// The first documents that the filters leave.
    public var samples: [String] = []

    /// Reads a shard from beginning to end; checks the checksums of prepared tokens.
    public init(
        of shard: Shard, tokenizer: Tokenizer, layout: TextLayout = TextLayout(), filters: DocumentFilters = .argonne, samples: Int = 3,
        workers: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws(DataError) {
        path = shard.path
        format = shard.format
        fileBytes = Shard.fileSize(shard.path)
        if format == .tokens {
            try inspectTokens(tokenizer, samples: samples)
            return
        }
        if format == .arrow {
            let description = try ArrowDescription(path: path)
            (fields, rowGroups) = (description.fields, description.rowGroups)
        }

        var inspection = self
        let pass = ShardPass(
            shard: shard, layout: layout, filters: filters, tokenizer: tokenizer, fingerprint: tokenizer.fingerprint, workers: workers)
        try pass.forEachRow { (row, outcome) throws(DataError) in
            guard case .text(let batch) = row.block else { return }
            let text = batch.text(at: row.index)
            inspection.characters += CharacterCounts(utf8: text)?.characters ?? 0
            inspection.counts.count(row, outcome)
            if case .document = outcome, inspection.samples.count < samples {
                inspection.samples.append(String(decoding: text, as: UTF8.self))
            }
        }
        self = inspection
    }

    private mutating func inspectTokens(_ tokenizer: Tokenizer, samples: Int) throws(DataError) {
        let shard = try TokenShard(path: path)
        try shard.verify()
        preparation = shard.metadata
        counts = shard.metadata.counts
        guard shard.metadata.tokenizer == tokenizer.fingerprint else { return }
        self.samples = (0..<min(samples, shard.documentCount)).map { tokenizer.decode(shard.document($0), skipSpecial: true) }
    }
}

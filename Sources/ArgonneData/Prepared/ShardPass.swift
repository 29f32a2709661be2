import ArgonneTokenizer

/// One shard, read once from its first row to its last, with everything kept and counted: what preparing and inspecting have in common.
struct ShardPass {
    let shard: Shard
    let layout: TextLayout
    let filters: DocumentFilters
    let tokenizer: Tokenizer
    /// Of the tokenizer; hashing a vocabulary takes longer than reading a small shard.
    let fingerprint: String
    let workers: Int

    /// Passes every row and its outcome to `body`, in order, on the calling thread. A shard that cannot be read to its end is an error.
    func forEachRow(_ body: (Row, RowOutcome) throws(DataError) -> Void) throws(DataError) {
        var configuration = CorpusConfiguration(sources: [DataSource(patterns: [shard.path])])
        configuration.layout = layout
        configuration.shuffleWindow = 0
        configuration.epochs = 1
        let reader = UnitReader(
            source: "data", sourceIndex: 0, shards: [shard], configuration: configuration, tokenizer: fingerprint,
            startingAt: SourcePosition(name: "data"), skipsBrokenShards: false)
        let pipeline = EncodingPipeline(
            readers: [reader], encoder: DocumentEncoder(tokenizer: tokenizer, filters: filters, split: .none), workers: max(workers, 1))
        defer { pipeline.stop() }
        while let encoded = try pipeline.next(source: 0) {
            for (row, outcome) in zip(encoded.unit.rows, encoded.outcomes) { try body(row, outcome) }
        }
    }
}

/// Some rows in the order of the stream, for a worker to encode at once.
struct RowUnit: Sendable {
    var rows: [Row]
    var address: RowAddress
    /// Why shards that would have come before these rows could not be read.
    var brokenShards: [String] = []
}

/// Where a row of the stream is found again.
struct RowAddress: Sendable {
    var epoch: Int
    /// The shard's place in the epoch's order, and its path.
    var shard: Int
    var path: String
    /// The row itself, or the first row of its window.
    var row: Int
    /// The row's place in the shuffled window; nil where the order is natural.
    var taken: Int?

    /// The address of the row `count` rows further on in the same unit.
    func advanced(by count: Int) -> RowAddress {
        var address = self
        if let taken { address.taken = taken + count } else { address.row += count }
        return address
    }

    /// The address as part of a source's position.
    func update(_ position: inout SourcePosition) {
        (position.epoch, position.shard, position.path, position.row, position.taken) = (epoch, shard, path, row, taken ?? 0)
    }
}

/// Reads a source's shards, epoch after epoch, and cuts their rows into units in the order of the stream.
///
/// With a shuffle window the rows of the window are put into an order that depends only on the seed and on where the window begins, so a place in
/// the stream is the window's first row and a count; finding it again costs reading one window.
final class UnitReader {
    /// So many unreadable shards in a row are an error.
    static let brokenShardLimit = 5
    /// A unit has at most this many rows, and ends with the row that brings it to this many bytes of text.
    private static let unitRows = 512
    private static let unitBytes = 128 << 10
    /// Rows that are read at a time where the order is natural; a block of prepared tokens is a whole shard.
    private static let readRows = 4096
    /// A window ends early with the row that brings it to this many bytes, so that long documents do not fill the memory.
    private static let windowBytes = 256 << 20

    private let source: String
    private let sourceIndex: Int
    private let shards: [Shard]
    private let configuration: CorpusConfiguration
    private let tokenizer: String
    private let skipsBrokenShards: Bool

    private var epoch: Int
    private var order: [Int] = []
    /// The next row to read: `row` of shard `order[shard]`.
    private var shard: Int
    private var row: Int
    private var reader: (any ShardReader)?
    private var block: (rows: RowBlock, next: Int)?
    /// Rows read since the beginning of the epoch; nil where reading began inside it.
    private var epochRows: Int?

    private var pending: ArraySlice<Row> = []
    private var pendingAddress: RowAddress
    private var rowsToSkip: Int
    private var newlyBroken: [String] = []
    private var brokenInARow: [String] = []

    /// - Parameters:
    ///   - sourceIndex: distinguishes the orders of the sources of a mixture.
    ///   - tokenizer: the fingerprint that prepared tokens must have.
    init(
        source: String, sourceIndex: Int, shards: [Shard], configuration: CorpusConfiguration, tokenizer: String,
        startingAt position: SourcePosition, skipsBrokenShards: Bool = true
    ) {
        self.source = source
        self.sourceIndex = sourceIndex
        self.shards = shards
        self.configuration = configuration
        self.tokenizer = tokenizer
        self.skipsBrokenShards = skipsBrokenShards
        epoch = position.epoch
        shard = position.shard
        row = position.row
        rowsToSkip = position.taken
        epochRows = position.shard == 0 && position.row == 0 ? 0 : nil
        pendingAddress = RowAddress(epoch: position.epoch, shard: position.shard, path: "", row: position.row)
        order = shardOrder()
    }

    /// The next unit; nil after the last epoch.
    func next() throws(DataError) -> RowUnit? {
        while pending.isEmpty {
            guard configuration.epochs.map({ epoch < $0 }) ?? true else { return finish() }
            try readWindow()
        }
        var count = 0
        var size = 0
        while count < min(Self.unitRows, pending.count), size < Self.unitBytes {
            let row = pending[pending.startIndex + count]
            size += row.isText ? row.size : 0
            count += 1
        }
        defer {
            pending = pending.dropFirst(count)
            pendingAddress = pendingAddress.advanced(by: count)
            newlyBroken = []
        }
        return RowUnit(rows: Array(pending.prefix(count)), address: pendingAddress, brokenShards: newlyBroken)
    }

    /// Reads the next window into `pending`, or the next rows where the order is natural; at the end of an epoch begins the next one.
    private func readWindow() throws(DataError) {
        let isShuffled = configuration.shuffleWindow > 0
        guard let first = try readRows(limit: isShuffled ? configuration.shuffleWindow : Self.readRows) else { return try beginEpoch() }
        pending = first.rows[...]
        pendingAddress = first.address
        if isShuffled {
            var size = pending.reduce(0) { $0 + $1.size }
            while pending.count < configuration.shuffleWindow, size < Self.windowBytes,
                let more = try readRows(limit: configuration.shuffleWindow - pending.count)
            {
                pending += more.rows
                size += more.rows.reduce(0) { $0 + $1.size }
            }
            var generator = SplitMix64(
                configuration.seed, UInt64(sourceIndex), UInt64(epoch), UInt64(pendingAddress.shard), UInt64(pendingAddress.row))
            var rows = Array(pending)
            rows.shuffle(with: &generator)
            pending = rows[...]
            pendingAddress.taken = rowsToSkip
        }
        if rowsToSkip > 0 {
            // Who has taken rows of the window before has also heard of the shards that were broken in it.
            newlyBroken = []
            pending = pending.dropFirst(rowsToSkip)
            rowsToSkip = 0
        }
    }

    /// The end, after a last unit without rows where there are broken shards to tell of.
    private func finish() -> RowUnit? {
        guard !newlyBroken.isEmpty else { return nil }
        defer { newlyBroken = [] }
        return RowUnit(rows: [], address: pendingAddress, brokenShards: newlyBroken)
    }

    /// The next rows of one block, and the address of the first; nil at the end of the epoch.
    private func readRows(limit: Int) throws(DataError) -> (rows: [Row], address: RowAddress)? {
        while true {
            if let (rows, next) = block {
                let end = next + min(limit, rows.count - next)
                let address = RowAddress(epoch: epoch, shard: shard, path: shards[order[shard]].path, row: row)
                if case .tokens(let tokens, let documents) = rows {
                    tokens.prefetch(documents.lowerBound + next..<documents.lowerBound + end)
                }
                row += end - next
                epochRows = epochRows.map { $0 + end - next }
                block = end < rows.count ? (rows, end) : nil
                return ((next..<end).map { Row(block: rows, index: $0) }, address)
            }
            guard shard < shards.count else { return nil }
            try readBlock()
        }
    }

    /// Reads the shard's next block, opening the shard where it is not open; at its end, or where it is broken, moves on to the next shard.
    private func readBlock() throws(DataError) {
        let current = shards[order[shard]]
        do throws(DataError) {
            if reader == nil { reader = try current.open(layout: configuration.layout, tokenizer: tokenizer, at: row) }
            if let rows = try reader?.next() {
                block = (rows, 0)
                return
            }
            brokenInARow = []
        } catch {
            guard skipsBrokenShards, error.isAboutOneShard else { throw error }
            newlyBroken.append("\(error)")
            brokenInARow.append("\(error)")
            if brokenInARow.count == Self.brokenShardLimit { throw .brokenShards(brokenInARow) }
        }
        reader = nil
        shard += 1
        row = 0
    }

    private func beginEpoch() throws(DataError) {
        if epochRows == 0 {
            if !brokenInARow.isEmpty { throw .brokenShards(brokenInARow) }
            // Otherwise it would be looked through for ever.
            if configuration.epochs == nil {
                throw .nothingToTrainOn(source: source, reason: "its \(shards.count) shards have no rows")
            }
        }
        epoch += 1
        (shard, row, epochRows) = (0, 0, 0)
        order = shardOrder()
    }

    private func shardOrder() -> [Int] {
        var order = Array(shards.indices)
        guard configuration.shuffleWindow > 0 else { return order }
        var generator = SplitMix64(configuration.seed, UInt64(sourceIndex), UInt64(epoch))
        order.shuffle(with: &generator)
        return order
    }
}

/// Makes rows of documents.
struct Packer {
    private let mode: PackingMode
    private let shape: BatchShape
    /// Tokens in a row.
    private var width: Int { shape.sequenceLength + 1 }
    private let hasSegments: Bool
    private let padding: Int32
    private let corpus: String
    private var mixture: Mixture

    /// The document in progress, and the token of it with which the next row begins.
    private var current: Mixture.Draw?
    private var offset = 0
    private var counts: DocumentCounts
    /// The epoch in which each source has given its first document since the last row.
    private var drought: [Int: Int] = [:]

    /// - Parameter position: where to begin; the mixture's streams must have been opened there.
    init(
        mode: PackingMode, shape: BatchShape, hasSegments: Bool, padding: Int32, mixture: Mixture, startingAt position: DataPosition
    ) throws(DataError) {
        self.mode = mode
        self.shape = shape
        self.hasSegments = hasSegments
        self.padding = padding
        self.mixture = mixture
        corpus = position.corpus
        counts = position.counts
        if let source = position.current {
            // This document has been counted already.
            var ignored = DocumentCounts()
            let saved = position.sources[source]
            guard let draw = try self.mixture.next(of: source, counting: &ignored),
                self.mixture.positions(current: source)[source].isSamePlace(as: saved), position.tokenOffset < draw.document.count
            else {
                throw .lostPosition(path: saved.path, row: saved.row)
            }
            current = draw
            offset = position.tokenOffset
        }
    }

    /// The next batch; nil where the sources have ended. The last batch of all may end in padding without targets.
    mutating func next() throws(DataError) -> Batch? {
        var batch = PartialBatch(shape: shape, padding: padding, hasSegments: hasSegments, hasLabels: mode == .pad)
        for _ in 0..<shape.rows {
            let length =
                switch mode {
                case .pack: try fillPacked(&batch)
                case .chunk: try fillChunk(&batch)
                case .pad: try fillPadded(&batch)
                }
            // A single token has nothing to predict.
            guard length > 1 else { break }
            batch.endRow()
            drought = [:]
        }
        guard !batch.isEmpty else { return nil }
        let position = DataPosition(
            corpus: corpus, sources: mixture.positions(current: current?.source), current: current?.source, tokenOffset: offset,
            counts: counts)
        return batch.finish(position: position)
    }

    /// Why shards could not be read, since this was last called.
    mutating func takeBrokenShards() -> [String] { mixture.takeBrokenShards() }

    private mutating func fillPacked(_ batch: inout PartialBatch) throws(DataError) -> Int {
        var filled = 0
        var segment: Int32 = 0
        while filled < width {
            if current.map({ offset >= $0.document.count }) ?? true {
                guard try draw() else { break }
                if filled > 0 { segment += 1 }
            }
            guard let document = current?.document else { break }
            let count = min(document.count - offset, width - filled)
            batch.append(document, offset..<offset + count, segment: segment)
            filled += count
            offset += count
        }
        // A row's last token is only a target; it comes again as the next row's first input.
        if filled > 0 { offset -= 1 }
        return filled
    }

    private mutating func fillChunk(_ batch: inout PartialBatch) throws(DataError) -> Int {
        while current.map({ $0.document.count - offset < width }) ?? true {
            if let document = current?.document {
                counts.discardedTokens += document.count - offset - (offset > 0 ? 1 : 0)
                current = nil
            }
            guard try drawForRow() else { return 0 }
        }
        guard let document = current?.document else { return 0 }
        batch.append(document, offset..<offset + width, segment: 0)
        offset += width - 1
        return width
    }

    private mutating func fillPadded(_ batch: inout PartialBatch) throws(DataError) -> Int {
        while current.map({ $0.document.count - offset < 2 }) ?? true {
            guard try drawForRow() else { return 0 }
        }
        guard let document = current?.document else { return 0 }
        let count = min(document.count - offset, width)
        batch.append(document, offset..<offset + count, segment: 0)
        offset += count - 1
        return count
    }

    /// Draws the next document; false where there is none.
    private mutating func draw() throws(DataError) -> Bool {
        guard let draw = try mixture.next(counting: &counts) else { return false }
        current = draw
        offset = 0
        return true
    }

    /// Draws a document to begin a row with; an error where a source has gone round a whole epoch without a document that fills one.
    private mutating func drawForRow() throws(DataError) -> Bool {
        guard try draw(), let current else { return false }
        let began = drought[current.source, default: current.epoch]
        drought[current.source] = began
        if current.epoch > began + 1 {
            throw .nothingToTrainOn(
                source: mixture.positions(current: nil)[current.source].name,
                reason: "no document of a whole epoch fills a row of \(width) tokens; use --packing pack, or shorter rows")
        }
        return true
    }
}

/// One source's documents, in order, with the position of each.
struct DocumentStream {
    private let pipeline: EncodingPipeline
    private let index: Int
    private let name: String
    private var unit: EncodingPipeline.EncodedUnit?
    /// Rows of `unit` that are behind.
    private var taken = 0
    /// Documents of the epoch so far; nil where its beginning was not seen.
    private var epochDocuments: Int?
    private var epoch: Int

    /// Where the next document will be looked for; its `tokens` are the caller's to count.
    var position: SourcePosition
    /// Where the last document was found.
    private(set) var lastDocument: SourcePosition
    /// Why shards could not be read, since the caller last emptied it.
    var brokenShards: [String] = []

    /// - Parameter index: the source's index in the pipeline.
    init(_ pipeline: EncodingPipeline, source index: Int, startingAt position: SourcePosition) {
        self.pipeline = pipeline
        self.index = index
        name = position.name
        self.position = position
        lastDocument = position
        epoch = position.epoch
        epochDocuments = position.shard == 0 && position.row == 0 && position.taken == 0 ? 0 : nil
    }

    /// The next document that no rule leaves out; nil at the end of the source's last epoch.
    mutating func next(counting counts: inout DocumentCounts) throws(DataError) -> TokenDocument? {
        while true {
            while let unit, taken < unit.outcomes.count {
                let address = unit.unit.address.advanced(by: taken)
                let outcome = unit.outcomes[taken]
                taken += 1
                counts.count(unit.unit.rows[taken - 1], outcome)
                unit.unit.address.advanced(by: taken).update(&position)
                guard case .document(let document) = outcome else { continue }
                epochDocuments = epochDocuments.map { $0 + 1 }
                lastDocument = position
                address.update(&lastDocument)
                return document
            }
            guard let next = try pipeline.next(source: index) else { return nil }
            unit = next
            taken = 0
            counts.brokenShards += next.unit.brokenShards.count
            brokenShards += next.unit.brokenShards
            try begin(epoch: next.unit.address.epoch, counts)
        }
    }

    private mutating func begin(epoch next: Int, _ counts: DocumentCounts) throws(DataError) {
        guard next != epoch else { return }
        // Otherwise a corpus of which nothing is left would be read for ever.
        if epochDocuments == 0 {
            throw .nothingToTrainOn(
                source: name,
                reason: "no document of an epoch was left (\(counts.rows) rows; dropped: \(counts.droppedByRule); "
                    + "\(counts.otherSide) on the other side of the held-out split)")
        }
        (epoch, epochDocuments) = (next, 0)
    }
}

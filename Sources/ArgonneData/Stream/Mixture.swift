/// Draws documents from several sources so that each gives its share of the tokens.
///
/// The next document comes from the source that is furthest behind its share, the first of equals: no chance is involved, at every moment each
/// source is within a document of its share, and the state is a count of tokens a source. Tokens count as they are drawn, whether or not
/// `PackingMode.chunk` then throws some away. Sources that end drop out.
struct Mixture {
    private var streams: [DocumentStream]
    private let weights: [Double]
    private var hasEnded: [Bool]
    /// Tokens that each source has given.
    private var tokens: [Int]

    /// A drawn document, its source and its epoch.
    struct Draw {
        let document: TokenDocument
        let source: Int
        let epoch: Int
    }

    init(streams: [DocumentStream], weights: [Double]) {
        self.streams = streams
        self.weights = weights
        hasEnded = [Bool](repeating: false, count: streams.count)
        tokens = streams.map(\.position.tokens)
    }

    /// The next document; nil where all sources have ended.
    mutating func next(counting counts: inout DocumentCounts) throws(DataError) -> Draw? {
        while let source = mostBehind() {
            guard let draw = try next(of: source, counting: &counts) else {
                hasEnded[source] = true
                continue
            }
            tokens[source] += draw.document.count
            return draw
        }
        return nil
    }

    /// The next document of one source, without counting its tokens; nil at its end.
    mutating func next(of source: Int, counting counts: inout DocumentCounts) throws(DataError) -> Draw? {
        guard let document = try streams[source].next(counting: &counts) else { return nil }
        return Draw(document: document, source: source, epoch: streams[source].lastDocument.epoch)
    }

    /// Where the sources stand: `current` at the last document drawn from it, the others after theirs.
    func positions(current: Int?) -> [SourcePosition] {
        streams.indices.map { source in
            var position = source == current ? streams[source].lastDocument : streams[source].position
            position.tokens = tokens[source]
            return position
        }
    }

    /// Why shards could not be read, since this was last called.
    mutating func takeBrokenShards() -> [String] {
        streams.indices.flatMap { source in
            defer { streams[source].brokenShards = [] }
            return streams[source].brokenShards
        }
    }

    private func mostBehind() -> Int? {
        var best: Int?
        var lowest = Double.infinity
        for source in streams.indices where !hasEnded[source] {
            let progress = Double(tokens[source]) / weights[source]
            if progress < lowest { (best, lowest) = (source, progress) }
        }
        return best
    }
}

/// Where a stream of batches stands: the next batch begins exactly here.
///
/// It depends on nothing but the corpus and what has been read: not on threads, nor on the number of devices that share the batches.
public struct DataPosition: Sendable, Equatable, Codable {
    /// What the positions belong to: a hash of the shards and of every setting that decides the order of documents.
    public var corpus: String
    /// Where each source stands, in the order of the configuration.
    public var sources: [SourcePosition]
    /// The source whose document is in progress; nil where the next document has yet to be drawn.
    public var current: Int?
    /// The token of the document in progress with which the next row begins.
    public var tokenOffset: Int
    /// What has been read and dropped on the way here.
    public var counts: DocumentCounts

    /// The epoch of the source that is behind the others.
    public var epoch: Int { sources.map(\.epoch).min() ?? 0 }

    /// Whether it can be a position in a corpus of so many sources, for one that comes from a file.
    func isPossible(sources count: Int) -> Bool {
        sources.count == count && tokenOffset >= 0 && current.map(sources.indices.contains) ?? true
            && sources.allSatisfy { $0.epoch >= 0 && $0.shard >= 0 && $0.row >= 0 && $0.taken >= 0 && $0.tokens >= 0 }
    }
}

/// Where one source stands: its next document, or the one in progress.
public struct SourcePosition: Sendable, Equatable, Codable {
    /// The source's name.
    public var name: String
    /// How often the source has been read before, from 0.
    public var epoch = 0
    /// The shard's place in the epoch's order.
    public var shard = 0
    /// The shard's path, for the reader of a checkpoint.
    public var path = ""
    /// The row of the shard, from 0; where documents are shuffled, the first row of the window.
    public var row = 0
    /// Documents of the shuffled window that have been taken; 0 where the order is natural.
    public var taken = 0
    /// Tokens that the source has given to batches, which decide whose turn is next in a mixture.
    public var tokens = 0

    /// Whether both are the same document of the same shard.
    func isSamePlace(as other: SourcePosition) -> Bool {
        (epoch, shard, row, taken) == (other.epoch, other.shard, other.row, other.taken)
    }
}

/// How many documents were read, dropped and used.
public struct DocumentCounts: Sendable, Equatable, Codable {
    /// Rows read.
    public var rows = 0
    /// Their bytes: of text, or of prepared tokens.
    public var bytes = 0
    /// Documents that were used.
    public var documents = 0
    /// Their tokens, boundaries included.
    public var tokens = 0
    /// Rows that a rule left out.
    public var dropped: [DropRule: Int] = [:]
    /// Rows on the other side of the held-out split.
    public var otherSide = 0
    /// Tokens of used documents that `PackingMode.chunk` threw away.
    public var discardedTokens = 0
    /// Shards that could not be read (to their end).
    public var brokenShards = 0

    /// Nothing yet.
    public init() {}

    /// What the rules left out, in words: "12 by few_tokens, 3 by digits", or "none".
    public var droppedByRule: String {
        let dropped = dropped.filter { $0.value > 0 }.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
        return dropped.isEmpty ? "none" : dropped.map { "\($0.value) by \($0.key.rawValue)" }.joined(separator: ", ")
    }

    /// Adds other counts.
    public static func += (sum: inout DocumentCounts, other: DocumentCounts) {
        sum.rows += other.rows
        sum.bytes += other.bytes
        sum.documents += other.documents
        sum.tokens += other.tokens
        sum.dropped.merge(other.dropped, uniquingKeysWith: +)
        sum.otherSide += other.otherSide
        sum.discardedTokens += other.discardedTokens
        sum.brokenShards += other.brokenShards
    }

    /// Counts a row and what became of it.
    mutating func count(_ row: Row, _ outcome: RowOutcome) {
        rows += 1
        bytes += row.size
        switch outcome {
        case .document(let document):
            documents += 1
            tokens += document.count
        case .dropped(let rule): dropped[rule, default: 0] += 1
        case .otherSide: otherSide += 1
        }
    }
}

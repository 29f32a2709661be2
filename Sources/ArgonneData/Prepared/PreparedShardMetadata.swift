import Foundation

/// What a token shard was made from, and how: kept in the shard, and compared where preparation goes on after a stop.
public struct PreparedShardMetadata: Sendable, Equatable, Codable {
    /// The name of the shard it was made from.
    public var source: String
    /// That shard's size in bytes.
    public var sourceBytes: Int
    /// `Tokenizer.fingerprint`.
    public var tokenizer: String
    /// Where the text was.
    public var layout: TextLayout
    /// Which documents were left out.
    public var filters: DocumentFilters
    /// How many were read, dropped and written.
    public var counts: DocumentCounts

    /// Whether a shard with this metadata is what the other one's settings would make.
    func isMade(like other: PreparedShardMetadata) -> Bool {
        var copy = self
        copy.counts = other.counts
        return copy == other
    }

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers and strings only; nothing here can fail to encode.
        return (try? encoder.encode(self)).map(Array.init) ?? []
    }

    init(
        source: String, sourceBytes: Int, tokenizer: String, layout: TextLayout, filters: DocumentFilters, counts: DocumentCounts
    ) {
        self.source = source
        self.sourceBytes = sourceBytes
        self.tokenizer = tokenizer
        self.layout = layout
        self.filters = filters
        self.counts = counts
    }

    init(json: UnsafeRawBufferPointer, path: String) throws(DataError) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json))
        } catch {
            throw .unreadable(path: path, reason: "metadata that is not what this version writes: \(error)")
        }
    }
}

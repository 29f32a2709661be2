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

    /// How a shard with these settings differs from what others would make; nil where it does not.
    func difference(from other: PreparedShardMetadata) -> String? {
        if source != other.source { return "made from \(source), not from \(other.source)" }
        if sourceBytes != other.sourceBytes { return "made from \(sourceBytes) bytes, but \(source) has \(other.sourceBytes) now" }
        if tokenizer != other.tokenizer { return "made with tokenizer \(tokenizer), not \(other.tokenizer)" }
        if layout != other.layout { return "made from column \"\(layout.textColumn)\" or with another layout" }
        if filters != other.filters { return "made with other filters" }
        return nil
    }

    func json() throws(DataError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self))
        } catch {
            throw .badConfiguration("filters that JSON cannot hold: \(error)")
        }
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

/// A file of documents.
public struct Shard: Sendable, Equatable {
    /// How its documents are stored.
    public enum Format: String, Sendable, Codable {
        /// Parquet, Arrow IPC file or Arrow IPC stream; which one its first bytes tell.
        case arrow
        /// An object a line.
        case jsonLines
        /// Plain text.
        case text
        /// Tokens made by `argonne data prepare`.
        case tokens

        /// The format that a file's name says, nil where it says none.
        public init?(path: String) {
            var parts = path.split(separator: "/").last.map { $0.lowercased().split(separator: ".") } ?? []
            guard parts.count > 1, let last = parts.popLast() else { return nil }
            var ending = last
            if ["gz", "zst", "zstd"].contains(last) {
                // Only line formats are read through a decompressor.
                guard parts.count > 1, let inner = parts.last, ["jsonl", "ndjson", "json", "txt", "text"].contains(inner) else {
                    return nil
                }
                ending = inner
            }
            switch ending {
            case "parquet", "arrow", "feather", "ipc", "arrows": self = .arrow
            case "jsonl", "ndjson", "json": self = .jsonLines
            case "txt", "text": self = .text
            case "tokens": self = .tokens
            default: return nil
            }
        }

        static let endings = ".parquet, .arrow, .feather, .ipc, .jsonl, .ndjson, .json, .txt (these four also .gz, .zst) or .tokens"
    }

    /// Where it is.
    public var path: String
    /// How its documents are stored.
    public var format: Format

    /// The shard at a path whose ending names its format.
    public init(path: String) throws(DataError) {
        guard let format = Format(path: path) else { throw .unknownFormat(path: path) }
        self.path = path
        self.format = format
    }

    /// The shards that patterns name, each pattern's in natural order, a file that several name only once.
    ///
    /// A pattern is a file, a folder (all its data files, nested ones too), or a path with `*`, `?`, `[a-z]`, `{a,b}` and `**` (any number of
    /// folders).
    public static func list(matching patterns: [String]) throws(DataError) -> [Shard] {
        var shards: [Shard] = []
        var seen: Set<String> = []
        for pattern in patterns {
            let paths = PathPattern(pattern).matches()
            if paths.isEmpty { throw .noFiles(pattern: pattern) }
            for path in paths where seen.insert(path).inserted { shards.append(try Shard(path: path)) }
        }
        return shards
    }
}

import ArgonneTokenizer
import Checksums
import Foundation

/// The shards of a configuration's sources, looked up once.
struct ShardCatalog {
    /// The shards of each source.
    let shards: [[Shard]]
    /// A hash of the shards (their names and sizes, not the folder that they lie in) and of every setting that decides which documents come
    /// in which order.
    let fingerprint: String
    private let configuration: CorpusConfiguration
    /// The tokenizer's fingerprint.
    let tokenizer: String

    /// Lists the shards, and looks into the first of each source, so that a wrong column or tokenizer, or filters that prepared tokens have
    /// not gone through, are an error at once.
    init(_ configuration: CorpusConfiguration, tokenizer: Tokenizer) throws(DataError) {
        self.configuration = configuration
        let tokenizer = tokenizer.fingerprint
        self.tokenizer = tokenizer
        var shards: [[Shard]] = []
        for source in configuration.sources {
            let list = try Shard.list(matching: source.patterns)
            if let first = list.first {
                do throws(DataError) {
                    let rows = try first.open(layout: configuration.layout, tokenizer: tokenizer, at: 0).next()
                    if case .tokens(let prepared, _) = rows, ![.argonne, prepared.metadata.filters].contains(configuration.filters) {
                        throw DataError.otherFilters(path: first.path)
                    }
                } catch .unreadable {
                    // Broken shards are skipped when their turn comes, up to a number in a row.
                }
            }
            shards.append(list)
        }
        self.shards = shards
        fingerprint = Self.fingerprint(configuration, shards, tokenizer)
    }

    /// Whether any shard has yet to be tokenised.
    var hasText: Bool { shards.contains { $0.contains { $0.format != .tokens } } }

    /// The beginning of the first epoch.
    var beginning: DataPosition {
        DataPosition(
            corpus: fingerprint, sources: configuration.sources.map { SourcePosition(name: $0.name) }, current: nil, tokenOffset: 0,
            counts: DocumentCounts())
    }

    /// A reader for each source.
    func readers(startingAt position: DataPosition) -> [UnitReader] {
        configuration.sources.indices.map { index in
            UnitReader(
                source: configuration.sources[index].name, sourceIndex: index, shards: shards[index], configuration: configuration,
                tokenizer: tokenizer, startingAt: position.sources[index])
        }
    }

    private static func fingerprint(_ configuration: CorpusConfiguration, _ shards: [[Shard]], _ tokenizer: String) -> String {
        var settings = configuration
        // What leaves the order of documents as it is.
        settings.epochs = nil
        settings.packing = .pack
        settings.documentMask = false
        for index in settings.sources.indices { settings.sources[index].patterns = [] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var hash = XXH64()
        hash.update((try? encoder.encode(settings)).map(Array.init) ?? [])
        hash.update(utf8: tokenizer)
        for (source, list) in shards.enumerated() {
            for shard in list {
                let name = shard.path.split(separator: "/").last.map(String.init) ?? shard.path
                hash.update(utf8: "\n\(source) \(name) \(Shard.fileSize(shard.path))")
            }
        }
        return hash.hexDigest()
    }
}

extension Shard {
    /// The size in bytes of a file, or of the one that a link leads to; -1 where it cannot be had.
    static func fileSize(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : -1
    }
}

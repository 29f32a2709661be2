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
    private let tokenizer: String

    /// Lists the shards, and looks into the first of each source, so that a wrong column or tokenizer is an error at once.
    init(_ configuration: CorpusConfiguration, tokenizer: Tokenizer) throws(DataError) {
        self.configuration = configuration
        self.tokenizer = tokenizer.fingerprint
        var shards: [[Shard]] = []
        for source in configuration.sources {
            let list = try Shard.list(matching: source.patterns)
            if let first = list.first {
                do throws(DataError) {
                    _ = try first.open(layout: configuration.layout, tokenizer: tokenizer.fingerprint, at: 0).next()
                } catch .unreadable {
                    // Broken shards are skipped when their turn comes, up to a number in a row.
                }
            }
            shards.append(list)
        }
        self.shards = shards
        fingerprint = Self.fingerprint(configuration, shards, tokenizer)
    }

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

    private static func fingerprint(_ configuration: CorpusConfiguration, _ shards: [[Shard]], _ tokenizer: Tokenizer) -> String {
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
        hash.update(utf8: tokenizer.fingerprint)
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
    /// A file's size in bytes; -1 where it cannot be had.
    static func fileSize(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? -1
    }
}

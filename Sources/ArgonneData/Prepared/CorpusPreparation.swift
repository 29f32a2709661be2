import ArgonneTokenizer
import Foundation

/// Tokenises shards once, into token shards that training reads without copying: `argonne data prepare`.
///
///     let preparation = try CorpusPreparation(of: ["corpus/**/*.parquet"], into: "prepared", tokenizer: tokenizer)
///     let summary = try preparation.run { print($0.tokens) }
///
/// Each shard becomes one `.tokens` file, which appears only when it is complete. Run again after a stop, it goes on with the shards that are
/// missing. The files do not depend on the number of workers.
public struct CorpusPreparation: Sendable {
    /// How far it is.
    public struct Progress: Sendable {
        /// Shards to prepare.
        public var shards = 0
        /// Shards that are done, those of an earlier run included.
        public var shardsDone = 0
        /// Shards that were there from an earlier run.
        public var shardsFound = 0
        /// Bytes of the shards to prepare, and of those that are done or broken.
        public var bytes = 0
        /// Bytes of the shards that are done or broken.
        public var bytesDone = 0
        /// Rows, bytes of text, documents and tokens of this run so far.
        public var counts = DocumentCounts()
        /// Why shards could not be read; they are left out.
        public var brokenShards: [String] = []
    }

    private let shards: [Shard]
    private let folder: String
    private let tokenizer: Tokenizer
    private let fingerprint: String
    private let layout: TextLayout
    private let filters: DocumentFilters
    private let workers: Int

    /// Looks up the shards, and refuses patterns without files, a column that the first shard does not have, and shards of tokens.
    public init(
        of patterns: [String], into folder: String, tokenizer: Tokenizer, layout: TextLayout = TextLayout(),
        filters: DocumentFilters = .argonne, workers: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws(DataError) {
        var configuration = CorpusConfiguration(sources: [DataSource(patterns: patterns)])
        configuration.layout = layout
        configuration.filters = filters
        try configuration.validate()
        let catalog = try ShardCatalog(configuration, tokenizer: tokenizer)
        shards = catalog.shards[0]
        if let prepared = shards.first(where: { $0.format == .tokens }) {
            throw .notText(path: prepared.path)
        }
        guard tokenizer.beginningOfDocument != nil || tokenizer.endOfDocument != nil else { throw .noBoundaryTokens }
        self.folder = folder
        self.tokenizer = tokenizer
        fingerprint = catalog.tokenizer
        self.layout = layout
        self.filters = filters
        self.workers = max(workers, 1)
    }

    /// Prepares what is missing.
    ///
    /// - Parameter progress: called every few hundred documents, from threads of the preparation, one call at a time.
    /// - Returns: the last progress.
    public func run(progress: @escaping @Sendable (Progress) -> Void = { _ in }) throws(DataError) -> Progress {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(path: folder, reason: error.localizedDescription)
        }
        let run = PreparationRun(shards: shards, report: progress)
        // One thread decodes enough for about eight workers.
        let atOnce = min(shards.count, max(1, workers / 8))
        let threads = (0..<atOnce).map { _ in
            Thread {
                while let index = run.nextShard() {
                    do throws(DataError) {
                        try prepare(index, workers: workers / atOnce, run)
                    } catch {
                        run.fail(error, shard: index)
                    }
                }
                run.threadHasEnded()
            }
        }
        run.wait(for: threads)
        return try run.result()
    }

    /// Prepares one shard, unless it is there already.
    private func prepare(_ index: Int, workers: Int, _ run: PreparationRun) throws(DataError) {
        let shard = shards[index]
        let name = shard.path.split(separator: "/").last.map(String.init) ?? shard.path
        let number = String(index)
        let path = "\(folder)/\(String(repeating: "0", count: max(0, 5 - number.count)))\(number)-\(name.prefix { $0 != "." }).tokens"
        var metadata = PreparedShardMetadata(
            source: name, sourceBytes: Shard.fileSize(shard.path), tokenizer: fingerprint, layout: layout, filters: filters,
            counts: DocumentCounts())
        // A shard that is there but damaged is made again.
        if let found = try? TokenShard(path: path) {
            if let reason = found.metadata.difference(from: metadata) { throw .otherPreparation(path: path, reason: reason) }
            return run.finish(shard: index, found: true)
        }

        let writer = try TokenShardWriter(path: path, vocabularySize: tokenizer.vocabularySize)
        var pending = DocumentCounts()
        let pass = ShardPass(
            shard: shard, layout: layout, filters: filters, tokenizer: tokenizer, fingerprint: fingerprint, workers: workers)
        try pass.forEachRow { (row, outcome) throws(DataError) in
            if case .document(let document) = outcome { try writer.append(document) }
            pending.count(row, outcome)
            if pending.rows == 256 {
                run.add(pending)
                metadata.counts += pending
                pending = DocumentCounts()
            }
        }
        run.add(pending)
        metadata.counts += pending
        try writer.finish(metadata)
        run.finish(shard: index, found: false)
    }
}

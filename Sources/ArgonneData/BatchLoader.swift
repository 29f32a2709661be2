import ArgonneTokenizer
import Foundation

/// Batches of a corpus, prefetched by threads of its own.
///
///     let loader = try BatchLoader(corpus, tokenizer: tokenizer, shape: BatchShape(rows: 8, sequenceLength: 1024))
///     while let batch = try loader.next() { … }
///
/// The batches depend on the corpus and the tokenizer alone. A loader that starts at the position of a batch gives the very batches that
/// would have followed it, whatever the number of workers.
public final class BatchLoader {
    /// What the loader has done since it was made.
    public struct Statistics: Sendable {
        /// Batches given.
        public var batches = 0
        /// Seconds that callers have spent in `next`.
        public var waitSeconds = 0.0
        /// Seconds since `next` was first called.
        public var elapsedSeconds = 0.0

        /// The share of the time that callers spent waiting for data.
        public var waitFraction: Double { elapsedSeconds > 0 ? waitSeconds / elapsedSeconds : 0 }
    }

    /// Hash of the shards and of every setting that decides the order of documents: what a position belongs to.
    public let corpus: String
    /// Where the next batch begins.
    public private(set) var position: DataPosition
    /// Called, on the thread that calls `next`, with a line about each shard that could not be read.
    public var report: ((String) -> Void)?

    private let pipeline: EncodingPipeline
    private var packer: Packer
    private var batches = 0
    private var waited = Duration.zero
    private var firstCall: ContinuousClock.Instant?

    /// Opens a corpus.
    ///
    /// - Parameters:
    ///   - shape: the batch over all data-parallel ranks; `Batch.part` gives each its rows.
    ///   - position: where to begin; nil for the beginning.
    ///   - workers: threads that filter and tokenise; the shards are read by one more thread for each source.
    public init(
        _ configuration: CorpusConfiguration, tokenizer: Tokenizer, shape: BatchShape, startingAt position: DataPosition? = nil,
        workers: Int = BatchLoader.defaultWorkers
    ) throws(DataError) {
        try configuration.validate()
        try shape.validate()
        guard let padding = tokenizer.padding ?? tokenizer.endOfDocument ?? tokenizer.beginningOfDocument else { throw .noBoundaryTokens }
        let catalog = try ShardCatalog(configuration, tokenizer: tokenizer)
        corpus = catalog.fingerprint
        let start = position ?? catalog.beginning
        guard start.corpus == catalog.fingerprint, start.isPossible(sources: configuration.sources.count) else {
            throw .otherCorpus(position: start.corpus, corpus: catalog.fingerprint)
        }
        self.position = start
        pipeline = EncodingPipeline(
            readers: catalog.readers(startingAt: start),
            encoder: DocumentEncoder(tokenizer: tokenizer, filters: configuration.filters, split: configuration.split),
            workers: catalog.hasText ? max(workers, 1) : 0)
        let pipeline = pipeline
        do throws(DataError) {
            packer = try Packer(
                mode: configuration.packing, shape: shape, hasSegments: configuration.documentMask, padding: padding,
                mixture: Mixture(
                    streams: start.sources.enumerated().map { DocumentStream(pipeline, source: $0.offset, startingAt: $0.element) },
                    weights: configuration.sources.map(\.weight)),
                startingAt: start)
        } catch {
            pipeline.stop()
            throw error
        }
    }

    deinit { stop() }

    /// One worker for each processor but the one that runs the training loop.
    public static var defaultWorkers: Int { max(1, ProcessInfo.processInfo.activeProcessorCount - 1) }

    /// The next batch; nil after the last epoch.
    public func next() throws(DataError) -> Batch? {
        let clock = ContinuousClock()
        let start = clock.now
        firstCall = firstCall ?? start
        defer { waited += clock.now - start }
        let batch = try packer.next()
        for reason in packer.takeBrokenShards() { report?("skipped \(reason)") }
        if let batch {
            position = batch.position
            batches += 1
        }
        return batch
    }

    /// What the loader has done so far.
    public var statistics: Statistics {
        Statistics(
            batches: batches, waitSeconds: waited / .seconds(1),
            elapsedSeconds: firstCall.map { (ContinuousClock.now - $0) / .seconds(1) } ?? 0)
    }

    /// Ends the loader's threads and waits until they have; `next` then throws `DataError.stopped`. Also happens when the loader goes.
    public func stop() { pipeline.stop() }
}

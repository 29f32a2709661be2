import ArgonneTokenizer
import Glibc

/// Measures how fast batches come: `argonne bench data`.
public struct LoaderBenchmark: Sendable, Encodable {
    /// Threads that filtered and tokenised.
    public let workers: Int
    /// Documents in the batches.
    public let documents: Int
    /// Megabytes (10^6 bytes) of the rows read: of text, or of prepared tokens.
    public let megabytes: Double
    /// Tokens in the batches.
    public let tokens: Int
    /// How long it took.
    public let seconds: Double
    /// Processor time of all threads in that time.
    public let coreSeconds: Double
    /// The most memory that the process has had, in megabytes.
    public let peakMegabytes: Double

    /// Megabytes a second.
    public var megabytesPerSecond: Double { megabytes / seconds }
    /// Megabytes a second and core that was busy.
    public var megabytesPerCoreSecond: Double { megabytes / coreSeconds }

    /// Asks a loader for batches for some seconds, after a first one that warms it up.
    public init(
        _ configuration: CorpusConfiguration, tokenizer: Tokenizer, shape: BatchShape, workers: Int, seconds limit: Double
    ) throws(DataError) {
        let loader = try BatchLoader(configuration, tokenizer: tokenizer, shape: shape, workers: workers)
        defer { loader.stop() }
        _ = try loader.next()
        let first = loader.position.counts
        let clock = ContinuousClock()
        let start = clock.now
        let coreStart = Self.usage.coreSeconds
        while clock.now - start < .seconds(limit), try loader.next() != nil {}
        let last = loader.position.counts
        self.workers = workers
        documents = last.documents - first.documents
        megabytes = Double(last.bytes - first.bytes) / 1e6
        tokens = last.tokens - first.tokens
        seconds = (clock.now - start) / .seconds(1)
        coreSeconds = Self.usage.coreSeconds - coreStart
        peakMegabytes = Self.usage.peakMegabytes
    }

    private static var usage: (coreSeconds: Double, peakMegabytes: Double) {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let micros = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        // Linux counts the peak in kibibytes.
        return (Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(micros) / 1e6, Double(usage.ru_maxrss) * 1024 / 1e6)
    }

    /// The keys of the JSON line, the rates included.
    private enum CodingKeys: String, CodingKey {
        case peer, workers, documents, megabytes, tokens, seconds
        case coreSeconds = "core_seconds"
        case megabytesPerSecond = "mb_per_second"
        case megabytesPerCoreSecond = "mb_per_core_second"
        case tokensPerSecond = "tokens_per_second"
        case peakMegabytes = "peak_mb"
    }

    /// Writes the measurement and its rates.
    public func encode(to encoder: any Encoder) throws {
        func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode("argonne", forKey: .peer)
        try values.encode(workers, forKey: .workers)
        try values.encode(documents, forKey: .documents)
        try values.encode(rounded(megabytes), forKey: .megabytes)
        try values.encode(tokens, forKey: .tokens)
        try values.encode(rounded(seconds), forKey: .seconds)
        try values.encode(rounded(coreSeconds), forKey: .coreSeconds)
        try values.encode(rounded(megabytesPerSecond), forKey: .megabytesPerSecond)
        try values.encode(rounded(megabytesPerCoreSecond), forKey: .megabytesPerCoreSecond)
        try values.encode((Double(tokens) / seconds).rounded(), forKey: .tokensPerSecond)
        try values.encode(rounded(peakMegabytes), forKey: .peakMegabytes)
    }
}

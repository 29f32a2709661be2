import Checksums
import Foundation
import JSON

/// Measures how fast a tokenizer encodes texts, and says which ids they have.
public struct TokenizerBenchmark: Sendable {
    /// How many threads encoded.
    public let threads: Int
    /// How many texts.
    public let documents: Int
    /// The size of the texts in UTF-8.
    public let bytes: Int
    /// How many ids.
    public let tokens: Int
    /// How long encoding took.
    public let seconds: Double
    /// How much time of all cores it took: what to go by where other programs share the cores.
    public let coreSeconds: Double
    /// The beginning of the SHA-256 of all ids as little-endian 32-bit integers: two encoders agree where it does.
    public let checksum: String

    /// Encodes the texts once, after a short warm-up.
    public init(_ tokenizer: Tokenizer, texts: [String], threads: Int) {
        _ = tokenizer.encode(Array(texts.prefix(50)), threads: threads)
        let clock = ContinuousClock()
        var ids: [[Int32]] = []
        let before = Self.coreTime()
        let duration = clock.measure { ids = tokenizer.encode(texts, threads: threads) }
        coreSeconds = Self.coreTime() - before
        var hash = SHA256()
        for document in ids { document.withUnsafeBytes { hash.update($0) } }
        self.threads = threads
        documents = texts.count
        bytes = texts.reduce(0) { $0 + $1.utf8.count }
        tokens = ids.reduce(0) { $0 + $1.count }
        seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
        checksum = String(hash.hexDigest().prefix(16))
    }

    /// Megabytes (10^6 bytes) of text a second.
    public var megabytesPerSecond: Double { Double(bytes) / 1e6 / seconds }

    /// The time that this process has had on all cores, in seconds.
    static func coreTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// The measurement as one JSON line.
    public var json: JSONValue {
        func rounded(_ value: Double) -> JSONValue { .number("\((value * 100).rounded() / 100)") }
        return [
            "peer": "argonne", "threads": .number("\(threads)"), "documents": .number("\(documents)"),
            "megabytes": rounded(Double(bytes) / 1e6),
            "tokens": .number("\(tokens)"), "mb_per_second": rounded(megabytesPerSecond),
            "mb_per_core_second": rounded(Double(bytes) / 1e6 / coreSeconds), "sha256": .string(checksum),
        ]
    }
}

import JSON

/// Measures how fast a tokenizer is trained.
public struct TokenizerTrainingBenchmark: Sendable {
    /// How many threads counted.
    public let threads: Int
    /// How many texts.
    public let documents: Int
    /// The size of the texts in UTF-8.
    public let bytes: Int
    /// How long training took.
    public let seconds: Double
    /// How much time of all cores it took.
    public let coreSeconds: Double
    /// What was trained.
    public let tokenizer: Tokenizer

    /// Trains Argonne 1's kind of tokenizer, of 12,000 entries, on texts in memory.
    public init(texts: [String], threads: Int) throws(TokenizerError) {
        let clock = ContinuousClock()
        let start = clock.now
        let before = TokenizerBenchmark.coreTime()
        var trainer = TokenizerTrainer(threads: threads)
        trainer.add(texts)
        tokenizer = try trainer.train()
        coreSeconds = TokenizerBenchmark.coreTime() - before
        seconds = start.duration(to: clock.now) / .seconds(1)
        self.threads = threads
        documents = texts.count
        bytes = texts.reduce(0) { $0 + $1.utf8.count }
    }

    /// The measurement as one JSON line.
    public var json: JSONValue {
        func rounded(_ value: Double, _ scale: Double) -> JSONValue { .number("\((value * scale).rounded() / scale)") }
        return [
            "peer": "argonne", "threads": .number("\(threads)"), "documents": .number("\(documents)"),
            "megabytes": rounded(Double(bytes) / 1e6, 100), "vocabulary": .number("\(tokenizer.vocabularySize)"),
            "seconds": rounded(seconds, 1000), "core_seconds": rounded(coreSeconds, 1000), "fingerprint": .string(tokenizer.fingerprint),
        ]
    }
}

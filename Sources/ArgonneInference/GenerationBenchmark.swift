import ArgonneTokenizer

/// How fast a model reads prompts and writes on from them, greedily, without a tokenizer and without stopping early.
public struct GenerationBenchmark: Sendable {
    /// Prompts that are worked on at the same time.
    public let batchSize: Int
    /// Tokens of each prompt.
    public let promptTokens: Int
    /// New tokens of each prompt.
    public let newTokens: Int
    /// Runs that count, after one that does not.
    public let runs: Int

    /// A benchmark; its prompts are tokens counted up from 1.
    public init(batchSize: Int, promptTokens: Int, newTokens: Int, runs: Int) {
        self.batchSize = batchSize
        self.promptTokens = promptTokens
        self.newTokens = newTokens
        self.runs = runs
    }

    /// What was measured: medians over the runs.
    public struct Outcome: Sendable {
        /// Tokens of prompts read in a second.
        public let prefillRate: Double
        /// New tokens in a second over all rows, the first of each prompt left out.
        public let decodeRate: Double
        /// Seconds of prefill and decoding together.
        public let seconds: Double
        /// Seconds in which programs were compiled or loaded.
        public let compileSeconds: Double
        /// The new tokens of the first prompt, to compare with another implementation's.
        public let tokens: [Int32]
    }

    /// - Throws: `InferenceError` where prompts and new tokens do not fit the context, beside what a generation throws.
    public func callAsFunction(_ model: LoadedModel) throws -> Outcome {
        let context = model.model.contextLength
        guard promptTokens >= 1, newTokens >= 2, promptTokens + newTokens <= context else {
            throw InferenceError.invalidOption(
                name: "prompt and new tokens", value: "\(promptTokens) + \(newTokens)",
                expected: "at least 1 + 2 and together at most \(context)")
        }
        let prompts = (0..<batchSize).map { row in (0..<promptTokens).map { Int32((1 + row + $0) % model.model.vocabularySize) } }
        let options = GenerationOptions(maxNewTokens: newTokens)
        let programs = DecodingPrograms(model.plan, rows: batchSize, slots: promptTokens + newTokens)
        var timings: [GenerationTiming] = []
        var tokens: [Int32] = []
        for _ in 0...max(runs, 1) {
            var run = try GenerationRun(model, programs, prompts, options, .bytes)
            while try run.advance({ _, _ in }) {}
            timings.append(run.timing)
            tokens = run.results.first?.tokens ?? []
        }
        let counted = timings.dropFirst()
        return Outcome(
            prefillRate: Self.median(counted.map(\.prefillRate)), decodeRate: Self.median(counted.map(\.decodeRate)),
            seconds: Self.median(counted.map { $0.prefillSeconds + $0.decodeSeconds }), compileSeconds: timings[0].compileSeconds,
            tokens: tokens)
    }

    private static func median(_ numbers: [Double]) -> Double {
        let sorted = numbers.sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

import ArgonneTokenizer

/// Writes on from prompts.
///
///     let model = try LoadedModel(directory: "argonne-2", compute: .f32, on: Runtime(.cpu))
///     let generator = try Generator(model, tokenizer: Tokenizer(directory: "argonne-2"))
///     let results = try generator.generate([tokenizer.encode("Long long time ago, ")], GenerationOptions(maxNewTokens: 100))
///
/// Prompts are read into a cache of keys and values once; after that each step reads one token of every row. Where a row is done, the next
/// prompt takes its place. What a prompt gets does not depend on the others: neither its tokens nor the random numbers, only the last bits of
/// floating-point sums, which differ between batch sizes and meshes.
public final class Generator {
    /// The model.
    public let model: LoadedModel
    private let tokenizer: Tokenizer
    private var programs: [[Int]: DecodingPrograms] = [:]

    /// A generator for a model and the tokenizer that it was trained with.
    /// - Throws: `InferenceError` where they do not belong together.
    public init(_ model: LoadedModel, tokenizer: Tokenizer) throws(InferenceError) {
        try model.check(tokenizer)
        self.model = model
        self.tokenizer = tokenizer
    }

    /// Writes on from prompts, given as tokens.
    ///
    /// Of a prompt that is longer than the model's context, the last tokens that it holds are read.
    /// - Parameters:
    ///   - batchSize: prompts that are worked on at the same time.
    ///   - onText: gets each new piece of text and the index of its prompt, as soon as it is sure.
    /// - Returns: what was written, in the order of the prompts, and how fast.
    /// - Throws: `InferenceError` for options out of range and prompts that the model cannot read; what `onText` throws ends the generation.
    public func generate(
        _ prompts: [[Int32]], _ options: GenerationOptions, batchSize: Int = 8, onText: (Int, String) throws -> Void = { _, _ in }
    ) throws -> (results: [Generation], timing: GenerationTiming) {
        let context = model.model.contextLength
        try options.validate(contextLength: context)
        guard batchSize > 0 else { throw InferenceError.invalidOption(name: "batch-size", value: "\(batchSize)", expected: "at least 1") }
        for (index, prompt) in prompts.enumerated() { try model.check(prompt, index: index) }
        let longest = prompts.map(\.count).max() ?? 0
        guard longest > 0 else { return ([], GenerationTiming()) }

        let programs = programs(rows: min(batchSize, prompts.count), slots: min(context, longest + options.maxNewTokens))
        var run = try GenerationRun(programs, prompts, options, tokenizer)
        while try run.advance(onText) {}
        return (run.results, run.timing)
    }

    private func programs(rows: Int, slots: Int) -> DecodingPrograms {
        let new = DecodingPrograms(model, rows: rows, slots: slots)
        let key = [new.rows, new.slots]
        if let known = programs[key] { return known }
        programs[key] = new
        return new
    }
}

import ArgonneTokenizer
import Synchronization

/// Writes on from prompts.
///
///     let model = try LoadedModel(directory: "argonne-2", compute: .f32, on: Runtime(.cpu))
///     let generator = try Generator(model, tokenizer: Tokenizer(directory: "argonne-2"))
///     let results = try generator.generate([tokenizer.encode("Long long time ago, ")], GenerationOptions(maxNewTokens: 100))
///
/// Prompts are read into a cache of keys and values once; after that each step reads one token of every row. Where a row is done, the next
/// prompt takes its place. What a prompt gets does not depend on the others: neither its tokens nor the random numbers, only the last bits of
/// floating-point sums, which differ between batch sizes and meshes.
public struct Generator: Sendable {
    /// The model.
    public let model: LoadedModel
    private let tokenizer: Tokenizer
    private let programs: GenerationPrograms

    /// A generator for a model and the tokenizer that it was trained with.
    ///
    /// - Parameter programs: from an earlier generator for the same model on the same devices, perhaps with other weights.
    /// - Throws: `InferenceError` where they do not belong together.
    public init(_ model: LoadedModel, tokenizer: Tokenizer, programs: GenerationPrograms = GenerationPrograms()) throws(InferenceError) {
        try model.check(tokenizer)
        self.model = model
        self.tokenizer = tokenizer
        self.programs = programs
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

        let rows = min(batchSize, prompts.count)
        let programs = programs.programs(model.plan, rows: rows, slots: min(context, longest + options.maxNewTokens))
        var run = try GenerationRun(model, programs, prompts, options, tokenizer)
        while try run.advance(onText) {}
        return (run.results, run.timing)
    }
}

/// Compiled programs of one model, kept by the shape of their cache: for generators that come one after the other, as between the steps of a
/// training run. It holds no weights.
public final class GenerationPrograms: Sendable {
    private let known = Mutex<[[Int]: DecodingPrograms]>([:])

    /// No programs yet.
    public init() {}

    func programs(_ plan: InferencePlan, rows: Int, slots: Int) -> DecodingPrograms {
        let new = DecodingPrograms(plan, rows: rows, slots: slots)
        return known.withLock { known in
            let programs = known[[new.rows, new.slots]] ?? new
            known[[new.rows, new.slots]] = programs
            return programs
        }
    }
}

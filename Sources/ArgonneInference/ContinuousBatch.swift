import ArgonneTokenizer

/// Texts that a model writes side by side, each by options of its own. They come and go between steps: a prompt is read into a free row while
/// the other rows keep what they hold, and a row is free as soon as its text ends.
///
/// Its programs are compiled once, for rows as long as the model's context. What a prompt gets is what a `Generator` gives it.
package final class ContinuousBatch {
    /// What a row wrote.
    package struct Piece {
        /// The row.
        package let row: Int
        /// Text that is sure by now; may be empty.
        package let text: String
        /// How many new tokens the row's text has.
        package let tokens: Int
        /// Why the text ends, where it does; the row is free again.
        package let end: Generation.End?
    }

    private struct Row {
        var text: WrittenText
        let sampler: Sampler
    }

    private let model: LoadedModel
    private let tokenizer: Tokenizer
    private let batch: DecodingBatch
    private var rows: [Row?]

    /// Compiles the programs and makes empty rows, at least so many.
    ///
    /// - Throws: `InferenceError` where the model and the tokenizer do not belong together, beside what compiling throws.
    package init(_ model: LoadedModel, tokenizer: Tokenizer, rows: Int) throws {
        try model.check(tokenizer)
        self.model = model
        self.tokenizer = tokenizer
        let context = model.model.contextLength
        let programs = DecodingPrograms(model.plan, rows: rows, slots: context)
        // Prompts of these lengths take pieces of every length that there is.
        try programs.compile(lengths: sequence(first: 1) { $0 < context ? min(2 * $0, context) : nil })
        batch = try DecodingBatch(model, programs)
        self.rows = Array(repeating: nil, count: programs.rows)
    }

    /// How many texts can be written at the same time.
    package var rowCount: Int { rows.count }

    /// A row that holds no text; nil where all do.
    package var freeRow: Int? { rows.firstIndex { $0 == nil } }

    /// Reads a prompt, shorter than the context, into a free row and writes its first token. At the end of the context a text ends, too.
    ///
    /// - Throws: `InferenceError` for options out of range and prompts that the model cannot read.
    package func start(_ prompt: [Int32], _ options: GenerationOptions, row: Int) throws -> Piece? {
        let context = model.model.contextLength
        try options.validate(contextLength: context)
        try model.check(prompt, index: 0)
        guard prompt.count < context, options.maxNewTokens > 0 else {
            throw InferenceError.invalidOption(
                name: "prompt and new tokens", value: "\(prompt.count) + \(options.maxNewTokens)",
                expected: "fewer than the context of \(context) and at least 1")
        }
        let found = try batch.read([(row, prompt[...])])
        rows[row] = Row(text: WrittenText(prompt: prompt, options, tokenizer), sampler: Sampler(options.sampling))
        return try found.flatMap { try append($0.scores, [($0.row, $0.index)]) }.first
    }

    /// Writes one more token of each row's text.
    package func step() throws -> [Piece] {
        let active = rows.indices.filter { rows[$0] != nil }
        guard !active.isEmpty else { return [] }
        let scores = try batch.step(active.compactMap { row in rows[row]?.text.tokens.last.map { (row, $0) } })
        return try append(scores, active.map { ($0, $0) })
    }

    /// Frees a row whose text nobody wants any more.
    package func remove(_ row: Int) { rows[row] = nil }

    /// Frees all rows after a failure, which may have taken the cache along.
    package func clear() throws {
        rows = Array(repeating: nil, count: rows.count)
        try batch.clear()
    }

    /// Chooses a token for some rows. `lines` pairs a row with its line of the scores.
    private func append(_ scores: NextScores, _ lines: [(row: Int, index: Int)]) throws -> [Piece] {
        let choices = lines.compactMap { row, index in
            rows[row].map { (index: index, sampler: $0.sampler, history: $0.text.tokens, number: $0.text.newCount) }
        }
        return zip(lines, try scores.tokens(choices)).compactMap { line, token in append(token, row: line.row) }
    }

    private func append(_ token: Int32, row: Int) -> Piece? {
        guard var text = rows[row]?.text else { return nil }
        let (piece, end) = text.append(token, atMost: model.model.contextLength)
        if end == nil { rows[row]?.text = text } else { rows[row] = nil }
        return Piece(row: row, text: piece, tokens: text.newCount, end: end)
    }
}

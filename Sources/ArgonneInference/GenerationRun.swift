import ArgonneTokenizer

/// One call of a generator under way.
struct GenerationRun {
    private let options: GenerationOptions
    private let context: Int
    private let batch: DecodingBatch
    private let sampler: Sampler
    private var rows: [Row?]
    /// Prompts that no row has taken yet, the next one last.
    private var waiting: [Row]
    private var finished: [Generation?]
    private let clock = ContinuousClock()
    private(set) var timing = GenerationTiming()

    /// What a row holds: the text of a prompt of the call.
    private struct Row {
        let index: Int
        var text: WrittenText
        var written = ""
    }

    init(
        _ model: LoadedModel, _ programs: DecodingPrograms, _ prompts: [[Int32]], _ options: GenerationOptions, _ tokenizer: Tokenizer
    ) throws {
        self.options = options
        context = model.model.contextLength
        sampler = Sampler(options.sampling)
        let start = clock.now
        batch = try DecodingBatch(model, programs)
        rows = Array(repeating: nil, count: programs.rows)
        waiting = prompts.enumerated().reversed().map { index, prompt in
            Row(index: index, text: WrittenText(prompt: prompt, options, tokenizer))
        }
        finished = Array(repeating: nil, count: prompts.count)
        try programs.compile(lengths: prompts.lazy.map { [context] in min(context, $0.count) })
        timing.compileSeconds = (clock.now - start).seconds
    }

    /// What was written, once no call of `advance` gives more.
    var results: [Generation] { finished.compactMap { $0 } }

    /// Gives every row one more token. False where nothing is left to do.
    mutating func advance(_ onText: (Int, String) throws -> Void) throws -> Bool {
        try decode(onText)
        try fillRows(onText)
        return rows.contains { $0 != nil }
    }

    /// Steps the rows that have room, and reads the window of those that are full anew.
    private mutating func decode(_ onText: (Int, String) throws -> Void) throws {
        let start = clock.now
        let active = rows.indices.filter { rows[$0] != nil }
        let full = active.filter { batch.lengths[$0] >= context }
        let stepping = active.filter { batch.lengths[$0] < context }
        if !stepping.isEmpty {
            let scores = try batch.step(stepping.compactMap { row in rows[row]?.text.tokens.last.map { (row, $0) } })
            try append(scores, stepping.map { ($0, $0) }, onText)
        }
        if !full.isEmpty {
            let count = context - options.slide + 1
            try append(batch.read(full.compactMap { row in rows[row].map { (row, $0.text.tokens.suffix(count)) } }), onText)
        }
        timing.decodedTokens += active.count
        timing.decodeSeconds += (clock.now - start).seconds
    }

    /// Gives free rows to prompts that wait. A prompt may be done with its first token, and its row is free again.
    private mutating func fillRows(_ onText: (Int, String) throws -> Void) throws {
        let start = clock.now
        while !waiting.isEmpty, rows.contains(where: { $0 == nil }) {
            var texts: [(row: Int, tokens: ArraySlice<Int32>)] = []
            for row in rows.indices where rows[row] == nil {
                guard let next = waiting.popLast() else { break }
                if options.maxNewTokens == 0 {
                    finished[next.index] = Generation(tokens: [], text: "", end: .length)
                    continue
                }
                rows[row] = next
                let window = next.text.tokens.suffix(context)
                timing.promptTokens += window.count
                texts.append((row, window))
            }
            try append(batch.read(texts), onText)
        }
        timing.prefillSeconds += (clock.now - start).seconds
    }

    private mutating func append(
        _ found: [(row: Int, scores: NextScores, index: Int)], _ onText: (Int, String) throws -> Void
    ) throws {
        for (row, scores, index) in found { try append(scores, [(row, index)], onText) }
    }

    /// Chooses a token for some rows and ends those that are done. `lines` pairs a row with its line of the scores.
    private mutating func append(_ scores: NextScores, _ lines: [(row: Int, index: Int)], _ onText: (Int, String) throws -> Void) throws {
        let choices = lines.map { row, index in
            (index: index, sampler: sampler, history: rows[row]?.text.tokens ?? [], number: rows[row]?.text.newCount ?? 0)
        }
        for (line, token) in zip(lines, try scores.tokens(choices)) {
            guard var row = rows[line.row] else { continue }
            let (piece, end) = row.text.append(token)
            row.written += piece
            rows[line.row] = end == nil ? row : nil
            if let end {
                finished[row.index] = Generation(
                    tokens: Array(row.text.tokens.dropFirst(row.text.promptCount)), text: row.written, end: end)
            }
            if !piece.isEmpty { try onText(row.index, piece) }
        }
    }
}

extension Duration {
    /// As a number of seconds.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

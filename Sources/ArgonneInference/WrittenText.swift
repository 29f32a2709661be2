import ArgonneTokenizer

/// A prompt and the tokens that a model has written on from it.
struct WrittenText {
    private(set) var tokens: [Int32]
    let promptCount: Int
    let options: GenerationOptions
    private var stream: StoppingText

    init(prompt: [Int32], _ options: GenerationOptions, _ tokenizer: Tokenizer) {
        tokens = prompt
        promptCount = prompt.count
        self.options = options
        stream = StoppingText(tokenizer, stops: options.stopStrings)
    }

    /// How many tokens are new.
    var newCount: Int { tokens.count - promptCount }

    /// Takes the next token.
    ///
    /// - Parameter limit: of tokens in all, the prompt's included.
    /// - Returns: the text that is sure by now, and why there is no more to come where there is not.
    mutating func append(_ token: Int32, atMost limit: Int = .max) -> (piece: String, end: Generation.End?) {
        if options.stopTokens.contains(token) { return (stream.finish(), .token(token)) }
        tokens.append(token)
        let piece = stream.push(token)
        let isFull = newCount >= options.maxNewTokens || tokens.count >= limit
        guard let end = stream.stop.map(Generation.End.string) ?? (isFull ? .length : nil) else { return (piece, nil) }
        return (piece + stream.finish(), end)
    }
}

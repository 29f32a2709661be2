import ArgonneTokenizer

/// What requests are checked against.
struct ServedModel: Sendable {
    /// How much the server takes.
    struct Limits: Sendable {
        /// New tokens of one text.
        var newTokens: Int
        /// Texts that wait for a row.
        var queue: Int
    }

    /// What clients call it.
    let name: String
    let tokenizer: Tokenizer
    let contextLength: Int
    let vocabularySize: Int
    /// Tokens that end a text.
    let stopTokens: Set<Int32>
    let limits: Limits
    /// Seconds since 1970 when it was loaded.
    let created: Int

    /// - Throws: `APIError` where a client wants another model.
    func check(name: String) throws(APIError) {
        guard name != self.name else { return }
        throw APIError(
            status: 404, message: "the model '\(name)' is not served here; '\(self.name)' is", parameter: "model", code: "model_not_found")
    }
}

import ArgonneTokenizer

/// A conversation with a model, written as the tokenizer's chat template has it.
///
///     var conversation = Conversation(system: "Be brief.")
///     conversation.say("Who wrote Faust?")
///     let prompt = try conversation.prompt(tokenizer, atMost: 3_996)
///     conversation.answer(try generator.generate([prompt], options).results[0].text)
public struct Conversation: Sendable {
    /// The turns so far, the system's instruction first where there is one.
    public private(set) var messages: [ChatMessage]

    /// A conversation in which nothing has been said.
    public init(system: String? = nil) { messages = system.map { [ChatMessage(role: "system", content: $0)] } ?? [] }

    /// The user's turn.
    public mutating func say(_ text: String) { messages.append(ChatMessage(role: "user", content: text)) }

    /// The model's turn.
    public mutating func answer(_ text: String) { messages.append(ChatMessage(role: "assistant", content: text)) }

    /// The tokens from which the model writes its next turn. While they are more than `limit`, the oldest question and its answer are forgotten;
    /// the system's instruction and the last question never are.
    ///
    /// - Throws: `TemplateError` where the tokenizer has no template, or the template refuses the conversation.
    public mutating func prompt(_ tokenizer: Tokenizer, atMost limit: Int) throws(TemplateError) -> [Int32] {
        while true {
            let tokens = try tokenizer.encode(messages)
            let first = messages.firstIndex { $0.role == "user" } ?? 0
            guard tokens.count > limit, let second = messages[first...].dropFirst().firstIndex(where: { $0.role == "user" }) else {
                return tokens
            }
            messages.removeSubrange(first..<second)
        }
    }
}

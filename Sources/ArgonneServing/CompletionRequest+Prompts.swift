import ArgonneTokenizer
import JSON

extension CompletionRequest {
    /// `prompt`: a string, tokens, or a list of either.
    static func prompts(_ fields: inout RequestFields, _ model: ServedModel) throws(APIError) -> [[Int32]] {
        guard let value = fields.value("prompt") else { throw .invalid("prompt", "'prompt' is missing") }
        let isList = value.elements.map { !$0.isEmpty && $0.allSatisfy { $0.string != nil || $0.elements != nil } } ?? false
        var prompts: [[Int32]] = []
        for prompt in isList ? value.elements ?? [] : [value] {
            if let text = prompt.string {
                prompts.append(model.tokenizer.encodePrompt(text))
            } else if let elements = prompt.elements {
                prompts.append(try tokens(elements, model))
            } else {
                throw fields.wrong("prompt", prompt, "a string, a list of tokens, or a list of either")
            }
            if prompts.last?.isEmpty ?? true { throw .invalid("prompt", "a prompt has no tokens; there is nothing to go on from") }
        }
        return prompts
    }

    private static func tokens(_ elements: [JSONValue], _ model: ServedModel) throws(APIError) -> [Int32] {
        var tokens: [Int32] = []
        for element in elements {
            guard let token = element.integer(as: Int32.self), (0..<Int32(clamping: model.vocabularySize)).contains(token) else {
                throw .invalid("prompt", "a prompt holds \(element) where a token from 0 to \(model.vocabularySize - 1) was expected")
            }
            tokens.append(token)
        }
        return tokens
    }

    /// `messages`: a conversation, written as the tokenizer's template says.
    static func conversation(_ fields: inout RequestFields, _ model: ServedModel) throws(APIError) -> [Int32] {
        guard let value = fields.value("messages") else { throw .invalid("messages", "'messages' is missing") }
        guard let elements = value.elements, !elements.isEmpty else {
            throw fields.wrong("messages", value, "a list of at least one message")
        }
        var messages: [JSONValue] = []
        for (index, element) in elements.enumerated() { messages.append(try message(element, index)) }
        guard model.tokenizer.chatTemplate != nil else {
            throw .invalid(
                "messages", "the model '\(model.name)' has no chat template; give a 'prompt' to /v1/completions instead",
                code: "no_chat_template")
        }
        do {
            return model.tokenizer.encode(try model.tokenizer.text(of: messages), allowSpecial: true)
        } catch {
            throw .invalid("messages", "the model's chat template refuses the conversation: \(error)")
        }
    }

    /// A message as templates take it. Content that comes in parts of text becomes one text.
    private static func message(_ message: JSONValue, _ index: Int) throws(APIError) -> JSONValue {
        guard let role = message["role"]?.string else { throw .invalid("messages", "message \(index + 1) has no 'role'") }
        var content = message["content"]?.string
        if let parts = message["content"]?.elements {
            let texts = parts.compactMap { $0["type"] == "text" ? $0["text"]?.string : nil }
            guard texts.count == parts.count else { throw .invalid("messages", "message \(index + 1) has content that is not text") }
            content = texts.joined()
        }
        guard let content else { throw .invalid("messages", "message \(index + 1) has no 'content' that is text") }
        return .object(
            [.init("role", .string(role)), .init("content", .string(content))] + (message["name"].map { [.init("name", $0)] } ?? []))
    }
}

import ArgonneInference
import Foundation
import JSON

/// The JSON of answers, as clients of OpenAI's two interfaces know it.
struct CompletionFormat: Sendable {
    let kind: CompletionRequest.Kind
    let model: String
    private let id: String
    private let created: Int

    init(_ kind: CompletionRequest.Kind, model: String) {
        self.kind = kind
        self.model = model
        id = (kind == .chat ? "chatcmpl-" : "cmpl-") + UUID().uuidString.lowercased().filter { $0 != "-" }
        created = Int(Date().timeIntervalSince1970)
    }

    /// Tokens read and written.
    struct Usage: Sendable, Equatable {
        var prompt: Int
        var completion: Int

        var json: JSONValue {
            [
                "prompt_tokens": JSONValue(integerLiteral: prompt), "completion_tokens": JSONValue(integerLiteral: completion),
                "total_tokens": JSONValue(integerLiteral: prompt + completion),
            ]
        }
    }

    /// The whole answer: texts in the order of their choices.
    func answer(_ texts: [(text: String, end: Generation.End)], _ usage: Usage) -> JSONValue {
        let choices = texts.enumerated().map { index, choice in
            let message: JSONValue = ["role": "assistant", "content": .string(choice.text), "refusal": .null]
            return self.choice(index, kind == .chat ? ("message", message) : ("text", .string(choice.text)), Self.reason(choice.end))
        }
        return object(kind == .chat ? "chat.completion" : "text_completion", choices, [.init("usage", usage.json)])
    }

    /// The first event of a conversation's choice says who speaks.
    func opening(_ index: Int) -> JSONValue? {
        kind == .chat ? event([choice(index, ("delta", ["role": "assistant", "content": ""]), .null)]) : nil
    }

    /// An event with a piece of a choice's text; the last one says why the text ends.
    func piece(_ index: Int, _ text: String, _ end: Generation.End?) -> JSONValue {
        let delta: JSONValue = text.isEmpty ? [:] : ["content": .string(text)]
        return event([choice(index, kind == .chat ? ("delta", delta) : ("text", .string(text)), end.map(Self.reason) ?? .null)])
    }

    /// The last event of a stream whose client wants counts.
    func counts(_ usage: Usage) -> JSONValue { event([], [.init("usage", usage.json)]) }

    private func event(_ choices: [JSONValue], _ more: [JSONValue.Member] = []) -> JSONValue {
        object(kind == .chat ? "chat.completion.chunk" : "text_completion", choices, more)
    }

    private func object(_ name: String, _ choices: [JSONValue], _ more: [JSONValue.Member]) -> JSONValue {
        .object(
            [
                .init("id", .string(id)), .init("object", .string(name)), .init("created", JSONValue(integerLiteral: created)),
                .init("model", .string(model)), .init("choices", .array(choices)),
            ] + more)
    }

    private func choice(_ index: Int, _ content: (key: String, value: JSONValue), _ reason: JSONValue) -> JSONValue {
        .object([
            .init("index", JSONValue(integerLiteral: index)), .init(content.key, content.value), .init("logprobs", .null),
            .init("finish_reason", reason),
        ])
    }

    private static func reason(_ end: Generation.End) -> JSONValue { end == .length ? "length" : "stop" }
}

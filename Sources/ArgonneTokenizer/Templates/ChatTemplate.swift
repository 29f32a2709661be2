import JSON

/// How a model writes a conversation as text: the template of `tokenizer_config.json`.
///
/// The part of Jinja that such templates use is implemented: output, `if`, `for` (with `loop`, a condition, `else`, `break`, `continue`),
/// `set`, `namespace`, all operators, slices, and the filters, tests and methods that `TemplateFilter`, `TemplateTest` and
/// `TemplateInterpreter` list. Anything else (macros, imports, inheritance) is refused by name.
public struct ChatTemplate: Sendable {
    private let nodes: [TemplateNode]

    /// Reads a template.
    public init(_ source: String) throws(TemplateError) { nodes = try TemplateParser.parse(source) }

    /// The text of a conversation.
    ///
    /// - Parameters:
    ///   - messages: objects with at least `role` and `content`.
    ///   - tools: the functions that the model may call, as JSON schemas.
    ///   - addGenerationPrompt: whether the text ends with the beginning of the assistant's answer.
    ///   - variables: any others that the template reads, `bos_token` among them.
    public func render(
        messages: [JSONValue], tools: [JSONValue]? = nil, addGenerationPrompt: Bool = false, variables: [String: JSONValue] = [:]
    ) throws(TemplateError) -> String {
        var globals = variables.mapValues { TemplateValue($0) }
        globals["messages"] = .list(messages.map { TemplateValue($0) })
        globals["tools"] = tools.map { .list($0.map { TemplateValue($0) }) } ?? TemplateValue.none
        globals["documents"] = globals["documents"] ?? TemplateValue.none
        globals["add_generation_prompt"] = .bool(addGenerationPrompt)
        var interpreter = TemplateInterpreter(globals: globals)
        try interpreter.run(nodes)
        return interpreter.output
    }
}

/// One turn of a conversation.
public struct ChatMessage: Sendable, Hashable {
    /// `system`, `user` or `assistant`.
    public var role: String
    /// What was said.
    public var content: String

    /// A turn.
    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }

    /// As templates see it.
    public var json: JSONValue { ["role": .string(role), "content": .string(content)] }
}

extension Tokenizer {
    /// The tokenizer's chat template; nil where it has none.
    public var chatTemplate: String? { configuration.chatTemplate }

    /// The text of a conversation by the tokenizer's template.
    public func text(
        of messages: [JSONValue], tools: [JSONValue]? = nil, addGenerationPrompt: Bool = true, variables: [String: JSONValue] = [:]
    ) throws(TemplateError) -> String {
        guard let source = configuration.chatTemplate else { throw .missing }
        var all = variables
        for (name, token) in [
            ("bos_token", configuration.beginning), ("eos_token", configuration.end), ("pad_token", configuration.padding),
            ("unk_token", configuration.unknown),
        ] {
            if let token, all[name] == nil { all[name] = .string(token) }
        }
        return try ChatTemplate(source).render(
            messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, variables: all)
    }

    /// The ids of a conversation by the tokenizer's template.
    public func encode(_ messages: [ChatMessage], addGenerationPrompt: Bool = true) throws(TemplateError) -> [Int32] {
        encode(try text(of: messages.map(\.json), addGenerationPrompt: addGenerationPrompt), allowSpecial: true)
    }
}

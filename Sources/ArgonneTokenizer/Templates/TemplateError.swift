/// Why a chat template cannot be read or rendered.
public enum TemplateError: Error, Equatable, CustomStringConvertible {
    /// It is not well-formed.
    case syntax(line: Int, reason: String)
    /// It uses a part of Jinja that is not implemented.
    case unsupported(line: Int, what: String)
    /// It did something with a value that the value cannot do.
    case evaluation(line: Int, reason: String)
    /// It refused the conversation, with `raise_exception`.
    case raised(String)
    /// The tokenizer has no template.
    case missing

    /// One line.
    public var description: String {
        switch self {
        case .syntax(let line, let reason): "chat template, line \(line): \(reason)"
        case .unsupported(let line, let what): "chat template, line \(line): \(what) is not supported"
        case .evaluation(let line, let reason): "chat template, line \(line): \(reason)"
        case .raised(let message): "chat template refuses the conversation: \(message)"
        case .missing: "the tokenizer has no chat template (\"chat_template\" in tokenizer_config.json, or chat_template.jinja beside it)"
        }
    }
}

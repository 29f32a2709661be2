/// What can go wrong while a tokenizer is loaded, saved or trained. Encoding and decoding never fail.
public enum TokenizerError: Error, Equatable, CustomStringConvertible {
    /// Nothing that could be a tokenizer is at the path.
    case notFound(path: String, expected: String)
    /// The file is there but the system would not read it.
    case unreadable(path: String, reason: String)
    /// The file could not be written.
    case unwritable(path: String, reason: String)
    /// The file's content is not what its format says.
    case malformed(path: String, reason: String)
    /// The file asks for something that this tokenizer does not implement.
    case unsupported(path: String, component: String, found: String, supported: String)
    /// The options of a training run contradict each other or the text.
    case training(reason: String)

    /// One line: the thing, what was found, what was expected.
    public var description: String {
        switch self {
        case .notFound(let path, let expected): "\(path): no tokenizer found, expected \(expected)"
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
        case .malformed(let path, let reason): "\(path): \(reason)"
        case .unsupported(let path, let component, let found, let supported):
            "\(path): \(component) \(found) is not supported; supported: \(supported)"
        case .training(let reason): "tokenizer training: \(reason)"
        }
    }
}

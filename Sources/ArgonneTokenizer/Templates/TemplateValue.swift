import JSON

/// A value in a template, with Python's meaning.
enum TemplateValue: Sendable {
    case undefined(name: String)
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list([TemplateValue])
    case dictionary([(key: String, value: TemplateValue)])
    /// The object of `namespace(…)`, by its number: the one value that an inner scope can change.
    case namespace(Int)

    init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .number(let text): self = Int(text).map { .integer($0) } ?? .number(Double(text) ?? .nan)
        case .string(let value): self = .string(value)
        case .array(let values): self = .list(values.map { TemplateValue($0) })
        case .object(let members): self = .dictionary(members.map { ($0.key, TemplateValue($0.value)) })
        }
    }

    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let values): !values.isEmpty
        case .dictionary(let entries): !entries.isEmpty
        case .namespace: true
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    /// The number that Python's arithmetic sees: a truth value counts as 0 or 1.
    var integer: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    var double: Double? {
        if case .number(let value) = self { return value }
        return integer.map { Double($0) }
    }

    /// What a message calls it.
    var kind: String {
        switch self {
        case .undefined(let name): "undefined (\(name))"
        case .none: "none"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .list: "a list"
        case .dictionary: "a mapping"
        case .namespace: "a namespace"
        }
    }

    /// As `{{ value }}` prints it.
    var text: String {
        switch self {
        case .undefined: ""
        case .string(let value): value
        default: representation
        }
    }

    /// Python's `repr`.
    private var representation: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "None"
        case .bool(let value): value ? "True" : "False"
        case .integer(let value): String(value)
        case .number(let value): "\(value)"
        case .string(let value): Self.quoted(value)
        case .list(let values): "[" + values.map(\.representation).joined(separator: ", ") + "]"
        case .dictionary(let entries):
            "{" + entries.map { "\(TemplateValue.string($0.key).representation): \($0.value.representation)" }.joined(separator: ", ") + "}"
        case .namespace: "<Namespace>"
        }
    }

    /// In single quotes, unless there are some inside and no double ones.
    private static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        var result = String(quote)
        for scalar in scalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\\", quote: result += "\\" + String(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + String(quote)
    }

    subscript(key: String) -> TemplateValue? {
        guard case .dictionary(let entries) = self else { return nil }
        return entries.last { $0.key == key }?.value
    }

    /// `==`
    func equals(_ other: TemplateValue) -> Bool {
        if let left = double, let right = other.double { return left == right }
        switch (self, other) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.string(let left), .string(let right)): return left.unicodeScalars.elementsEqual(right.unicodeScalars)
        case (.list(let left), .list(let right)): return left.elementsEqual(right) { $0.equals($1) }
        case (.dictionary(let left), .dictionary(let right)):
            return left.count == right.count && left.allSatisfy { entry in other[entry.key]?.equals(entry.value) ?? false }
        case (.namespace(let left), .namespace(let right)): return left == right
        default: return false
        }
    }
}

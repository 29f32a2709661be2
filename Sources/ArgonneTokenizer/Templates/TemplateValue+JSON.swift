extension TemplateValue {
    /// What Python's `json.dumps(value, ensure_ascii=False, indent=indent)` gives; nil where a part has no JSON.
    func json(indent: Int? = nil) -> String? { json(indent: indent, level: 0) }

    private func json(indent: Int?, level: Int) -> String? {
        switch self {
        case .undefined, .namespace: return nil
        case .none: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return "\(value)"
        case .number(let value): return value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : "\(value)"
        case .string(let value): return Self.jsonString(value)
        case .list(let values):
            let items = values.compactMap { $0.json(indent: indent, level: level + 1) }
            return items.count == values.count ? Self.bracketed("[", items, "]", indent, level) : nil
        case .dictionary(let entries):
            let items = entries.compactMap { entry in
                entry.value.json(indent: indent, level: level + 1).map { Self.jsonString(entry.key) + ": " + $0 }
            }
            return items.count == entries.count ? Self.bracketed("{", items, "}", indent, level) : nil
        }
    }

    private static func bracketed(_ open: String, _ items: [String], _ close: String, _ indent: Int?, _ level: Int) -> String {
        guard let indent, !items.isEmpty else { return open + items.joined(separator: ", ") + close }
        func lineBreak(_ level: Int) -> String { "\n" + String(repeating: " ", count: indent * level) }
        return open + lineBreak(level + 1) + items.joined(separator: "," + lineBreak(level + 1)) + lineBreak(level) + close
    }

    private static func jsonString(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

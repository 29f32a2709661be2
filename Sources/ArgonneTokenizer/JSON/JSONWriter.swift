extension JSONValue {
    /// How a value is spelled.
    public struct Style: Sendable {
        /// What stands between members and elements on one line.
        public var separator = ", "
        /// What stands between a key and its value.
        public var colon = ": "
        /// Spaces a level, each member on a line of its own; nil for one line.
        public var indent: Int?

        /// As Python's `json.dumps` spells it, one line.
        public static let python = Style()

        /// Indented, one member a line.
        public static func indented(_ spaces: Int) -> Style {
            Style(separator: ",", colon: ": ", indent: spaces)
        }
    }

    /// The JSON text; characters outside ASCII stand for themselves.
    public func text(_ style: Style = .python) -> String {
        var output = ""
        write(to: &output, style, level: 0)
        return output
    }

    private func write(to output: inout String, _ style: Style, level: Int) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .number(let value): output += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.writeString(value, to: &output)
        case .array(let elements):
            Self.writeList("[", "]", elements, to: &output, style, level) { element, output in
                element.write(to: &output, style, level: level + 1)
            }
        case .object(let members):
            Self.writeList("{", "}", members, to: &output, style, level) { member, output in
                Self.writeString(member.key, to: &output)
                output += style.colon
                member.value.write(to: &output, style, level: level + 1)
            }
        }
    }

    private static func writeList<Element>(
        _ open: String, _ close: String, _ elements: [Element], to output: inout String, _ style: Style, _ level: Int,
        _ write: (Element, inout String) -> Void
    ) {
        output += open
        for (index, element) in elements.enumerated() {
            if index > 0 { output += style.separator }
            if let indent = style.indent { output += "\n" + String(repeating: " ", count: indent * (level + 1)) }
            write(element, &output)
        }
        if let indent = style.indent, !elements.isEmpty { output += "\n" + String(repeating: " ", count: indent * level) }
        output += close
    }

    private static func writeString(_ value: String, to output: inout String) {
        output += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\u{8}": output += "\\b"
            case "\u{C}": output += "\\f"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

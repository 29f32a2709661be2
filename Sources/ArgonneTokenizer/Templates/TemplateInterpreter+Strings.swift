/// Python's operations on strings, which count Unicode scalars.
extension TemplateInterpreter {
    /// `strip`, `lstrip` and `rstrip`: of the characters given, else of white space.
    static func strip(_ text: String, _ characters: String?, left: Bool, right: Bool) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        func isStripped(_ scalar: Unicode.Scalar) -> Bool {
            // Python counts the information separators as white space too.
            set?.contains(scalar) ?? (scalar.properties.isWhitespace || ("\u{1C}"..."\u{1F}").contains(scalar))
        }
        var scalars = text.unicodeScalars[...]
        if left { scalars = scalars.drop(while: isStripped) }
        while right, let last = scalars.last, isStripped(last) { scalars.removeLast() }
        return String(scalars)
    }

    static func capitalized(_ text: String) -> String {
        String(text.unicodeScalars.prefix(1)).uppercased() + String(text.unicodeScalars.dropFirst()).lowercased()
    }

    /// Every letter that follows no letter in upper case, the others in lower case.
    static func title(_ text: String) -> String {
        var result = ""
        var isInside = false
        for scalar in text.unicodeScalars {
            result += isInside ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            isInside = scalar.properties.isCased
        }
        return result
    }

    static func replace(_ text: String, _ old: String, _ new: String) -> String {
        guard !old.isEmpty else { return text }
        return split(text, old, limit: nil).joined(separator: new)
    }

    /// `split(separator, limit)`.
    static func split(_ text: String, _ separator: String, limit: Int?) -> [String] {
        var parts: [String] = []
        var rest = text.unicodeScalars[...]
        while limit.map({ parts.count < $0 }) ?? true, let range = rest.firstRange(of: separator.unicodeScalars) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }

    static func indented(_ text: String, by width: Int, first: Bool) -> String {
        let margin = String(repeating: " ", count: max(width, 0))
        let lines = split(text, "\n", limit: nil)
        return lines.enumerated().map {
            $0.offset == 0 ? (first ? margin : "") + $0.element : $0.element.isEmpty ? "" : margin + $0.element
        }
        .joined(separator: "\n")
    }

    static func truncated(_ value: Double?) -> Int? {
        guard let value, value.isFinite, abs(value) < 9e18 else { return nil }
        return Int(value)
    }
}

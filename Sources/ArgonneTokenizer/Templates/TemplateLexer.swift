/// A piece of a template's source.
enum TemplateToken: Equatable, Sendable {
    case text(String)
    /// `{{`
    case beginOutput
    /// `}}`
    case endOutput
    /// `{%`
    case beginStatement
    /// `%}`
    case endStatement
    case name(String)
    case string(String)
    case integer(Int)
    case number(Double)
    /// An operator or a bracket.
    case symbol(String)
}

/// Cuts a template into tokens, with the white space rules that Hugging Face sets: `trim_blocks` (the line break after a statement goes) and
/// `lstrip_blocks` (so does the indentation before one).
struct TemplateLexer {
    private let source: [Unicode.Scalar]
    private var position = 0
    private var line = 1
    private(set) var tokens: [(token: TemplateToken, line: Int)] = []

    private static let symbols = [
        "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ".", ",", ":", "|",
    ]

    init(_ template: String) throws(TemplateError) {
        var source: [Unicode.Scalar] = []
        for scalar in template.unicodeScalars {
            if scalar == "\n", source.last == "\r" { source.removeLast() }
            source.append(scalar)
        }
        if source.last == "\n" { source.removeLast() }
        self.source = source
        try scanAll()
    }

    private func starts(_ text: String, at offset: Int = 0) -> Bool {
        source[min(position + offset, source.count)...].starts(with: text.unicodeScalars)
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where position < source.count {
            if source[position] == "\n" { line += 1 }
            position += 1
        }
    }

    private mutating func scanAll() throws(TemplateError) {
        var text: [Unicode.Scalar] = []
        // Whether `text` begins at the beginning of a line.
        var beginsLine = true
        while position < source.count {
            guard starts("{{") || starts("{%") || starts("{#") else {
                text.append(source[position])
                advance()
                continue
            }
            let mark = source[position + 1]
            let control = position + 2 < source.count ? source[position + 2] : " "
            if control == "-" {
                while let last = text.last, Self.isSpace(last) { text.removeLast() }
            } else if mark != "{", control != "+" {
                Self.stripIndentation(&text, beginsLine: beginsLine)
            }
            flush(&text)
            advance(control == "-" || control == "+" ? 3 : 2)
            switch mark {
            case "#": try skipComment()
            case "{": try scanTag(.beginOutput, .endOutput, closing: "}}")
            default: try scanTag(.beginStatement, .endStatement, closing: "%}")
            }
            beginsLine = source[position - 1] == "\n"
        }
        flush(&text)
    }

    private mutating func flush(_ text: inout [Unicode.Scalar]) {
        guard !text.isEmpty else { return }
        var string = String.UnicodeScalarView()
        string.append(contentsOf: text)
        tokens.append((.text(String(string)), line))
        text = []
    }

    /// White space between the beginning of the line and a statement goes.
    private static func stripIndentation(_ text: inout [Unicode.Scalar], beginsLine: Bool) {
        var end = text.count
        while end > 0, text[end - 1] == " " || text[end - 1] == "\t" { end -= 1 }
        if end == 0 ? beginsLine : text[end - 1] == "\n" { text.removeSubrange(end...) }
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    /// After the closing mark: with a minus all white space goes, else after a statement one line break.
    private mutating func skipAfter(minus: Bool, trims: Bool) {
        if minus {
            while position < source.count, Self.isSpace(source[position]) { advance() }
        } else if trims, position < source.count, source[position] == "\n" {
            advance()
        }
    }

    private mutating func skipComment() throws(TemplateError) {
        let start = line
        while position < source.count, !starts("#}") { advance() }
        guard position < source.count else { throw .syntax(line: start, reason: "a comment does not end") }
        let minus = source[position - 1] == "-"
        advance(2)
        skipAfter(minus: minus, trims: true)
    }

    private mutating func scanTag(_ begin: TemplateToken, _ end: TemplateToken, closing: String) throws(TemplateError) {
        let start = line
        tokens.append((begin, line))
        var open = 0
        while position < source.count {
            if Self.isSpace(source[position]) {
                advance()
            } else if open == 0, starts(closing) || (starts("-") || starts("+")) && starts(closing, at: 1) {
                let control = source[position]
                let isControlled = control == "-" || control == "+"
                advance(isControlled ? 3 : 2)
                tokens.append((end, line))
                skipAfter(minus: control == "-", trims: closing == "%}" && control != "+")
                return
            } else {
                let token = try scanToken()
                if case .symbol(let symbol) = token {
                    if ["(", "[", "{"].contains(symbol) { open += 1 }
                    if [")", "]", "}"].contains(symbol) { open -= 1 }
                }
            }
        }
        throw .syntax(line: start, reason: "a tag does not end with \(closing)")
    }

    private mutating func scanToken() throws(TemplateError) -> TemplateToken {
        let start = line
        let scalar = source[position]
        let token: TemplateToken
        if scalar == "'" || scalar == "\"" {
            token = .string(try scanString(scalar))
        } else if scalar.properties.isXIDStart || scalar == "_" {
            token = .name(take { $0.properties.isXIDContinue })
        } else if scalar.properties.numericType == .decimal {
            var digits = take { $0.properties.numericType == .decimal || $0 == "_" }
            if position + 1 < source.count, source[position] == ".", source[position + 1].properties.numericType == .decimal {
                advance()
                digits += "." + take { $0.properties.numericType == .decimal }
                token = .number(Double(digits) ?? .nan)
            } else {
                guard let value = Int(digits.replacing("_", with: "")) else { throw .syntax(line: line, reason: "\(digits) is no integer") }
                token = .integer(value)
            }
        } else if let symbol = Self.symbols.first(where: { starts($0) }) {
            advance(symbol.utf8.count)
            token = .symbol(symbol)
        } else {
            throw .syntax(line: line, reason: "unexpected character \"\(scalar)\"")
        }
        tokens.append((token, start))
        return token
    }

    private mutating func take(_ condition: (Unicode.Scalar) -> Bool) -> String {
        var result = String.UnicodeScalarView()
        while position < source.count, condition(source[position]) {
            result.append(source[position])
            advance()
        }
        return String(result)
    }

    private mutating func scanString(_ quote: Unicode.Scalar) throws(TemplateError) -> String {
        let start = line
        var result = String.UnicodeScalarView()
        advance()
        while position < source.count, source[position] != quote {
            if source[position] == "\\", position + 1 < source.count {
                advance()
                switch source[position] {
                case "n": result.append("\n")
                case "t": result.append("\t")
                case "r": result.append("\r")
                case "\\", "'", "\"": result.append(source[position])
                case "x": result.append(try scanCodePoint(digits: 2))
                case "u": result.append(try scanCodePoint(digits: 4))
                default: result.append(contentsOf: ["\\", source[position]])
                }
            } else {
                result.append(source[position])
            }
            advance()
        }
        guard position < source.count else { throw .syntax(line: start, reason: "a string does not end") }
        advance()
        return String(result)
    }

    /// The character of `\x1b` or `\u2581`; stops at its last digit.
    private mutating func scanCodePoint(digits: Int) throws(TemplateError) -> Unicode.Scalar {
        let range = position + 1..<min(position + 1 + digits, source.count)
        let spelling = String(String.UnicodeScalarView(source[range]))
        guard spelling.utf8.count == digits, let value = UInt32(spelling, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw .syntax(line: line, reason: "\\\(source[position])\(spelling) is no character")
        }
        advance(digits)
        return scalar
    }
}

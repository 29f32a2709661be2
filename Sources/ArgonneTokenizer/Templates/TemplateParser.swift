/// Reads the statements of a template; expressions are in `TemplateParser+Expressions`.
struct TemplateParser {
    private let tokens: [(token: TemplateToken, line: Int)]
    private var position = 0
    private var depth = 0
    private static let maximumDepth = 200

    /// The statements of a whole template.
    static func parse(_ template: String) throws(TemplateError) -> [TemplateNode] {
        var parser = TemplateParser(tokens: try TemplateLexer(template).tokens)
        let (nodes, end) = try parser.parseBody(until: [])
        if let end { throw .syntax(line: parser.line, reason: "\(end) without its beginning") }
        return nodes
    }

    private init(tokens: [(token: TemplateToken, line: Int)]) { self.tokens = tokens }

    // MARK: - Tokens

    var next: TemplateToken? { position < tokens.count ? tokens[position].token : nil }

    var line: Int { position < tokens.count ? tokens[position].line : tokens.last?.line ?? 1 }

    mutating func advance() { position += 1 }

    mutating func take(_ token: TemplateToken) -> Bool {
        guard next == token else { return false }
        position += 1
        return true
    }

    mutating func expect(_ token: TemplateToken) throws(TemplateError) {
        guard take(token) else { throw unexpected("expected \(Self.spelling(token))") }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = next else { throw unexpected("expected a name") }
        position += 1
        return name
    }

    func unexpected(_ expectation: String) -> TemplateError {
        .syntax(line: line, reason: "\(expectation), found \(next.map(Self.spelling) ?? "the end")")
    }

    private static func spelling(_ token: TemplateToken) -> String {
        switch token {
        case .text: "text"
        case .beginOutput: "{{"
        case .endOutput: "}}"
        case .beginStatement: "{%"
        case .endStatement: "%}"
        case .name(let name), .symbol(let name): name
        case .string(let value): "\"\(value)\""
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        }
    }

    /// Guards the stack against a template that nests without end.
    mutating func nested<Result>(_ parse: (inout TemplateParser) throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.maximumDepth else { throw .syntax(line: line, reason: "more than \(Self.maximumDepth) levels") }
        return try parse(&self)
    }

    // MARK: - Statements

    /// Statements up to a tag that `ends` names, which has been read up to its name.
    private mutating func parseBody(until ends: [String]) throws(TemplateError) -> (nodes: [TemplateNode], end: String?) {
        var nodes: [TemplateNode] = []
        while let token = next {
            let line = line
            advance()
            switch token {
            case .text(let text): nodes.append(.text(text))
            case .beginOutput:
                nodes.append(.output(try parseExpression(), line: line))
                try expect(.endOutput)
            case .beginStatement:
                let name = try expectName()
                if ends.contains(name) || name.hasPrefix("end") || name == "else" || name == "elif" { return (nodes, name) }
                nodes += try nested { parser throws(TemplateError) in try parser.parseStatement(name, line) }
            default: throw .syntax(line: line, reason: "unexpected \(Self.spelling(token))")
            }
        }
        return (nodes, nil)
    }

    /// A body, and the name of the tag that ended it, which must be one of `ends`.
    private mutating func parseBody(of opening: String, _ line: Int, _ ends: [String]) throws(TemplateError) -> ([TemplateNode], String) {
        let (nodes, end) = try parseBody(until: ends)
        guard let end, ends.contains(end) else {
            throw .syntax(
                line: line, reason: "{% \(opening) %} does not end with \(ends.joined(separator: " or ")), found \(end ?? "the end")")
        }
        return (nodes, end)
    }

    private mutating func parseStatement(_ name: String, _ line: Int) throws(TemplateError) -> [TemplateNode] {
        switch name {
        case "if": return [try parseConditional(line)]
        case "for": return [try parseLoop(line)]
        case "set": return [try parseSet(line)]
        case "break", "continue":
            try expect(.endStatement)
            return [name == "break" ? .leaveLoop : .continueLoop]
        case "generation":
            // Marks what the assistant wrote, for training masks; the text is the same.
            try expect(.endStatement)
            let (body, _) = try parseBody(of: name, line, ["endgeneration"])
            try expect(.endStatement)
            return body
        default: throw .unsupported(line: line, what: "the statement \"\(name)\"")
        }
    }

    private mutating func parseConditional(_ line: Int) throws(TemplateError) -> TemplateNode {
        var branches: [(condition: TemplateExpression, body: [TemplateNode])] = []
        var otherwise: [TemplateNode] = []
        var tag = "if"
        while tag != "endif" {
            if tag == "else" {
                try expect(.endStatement)
                (otherwise, tag) = try parseBody(of: "else", line, ["endif"])
            } else {
                let condition = try parseExpression()
                try expect(.endStatement)
                let (body, end) = try parseBody(of: tag, line, ["elif", "else", "endif"])
                branches.append((condition, body))
                tag = end
            }
        }
        try expect(.endStatement)
        return .conditional(branches, otherwise: otherwise, line: line)
    }

    private mutating func parseLoop(_ line: Int) throws(TemplateError) -> TemplateNode {
        let names = try parseNames()
        try expect(.name("in"))
        // A condition after the sequence is the loop's.
        let sequence = try parseOr()
        let condition = take(.name("if")) ? try parseExpression() : nil
        if take(.name("recursive")) { throw .unsupported(line: line, what: "a recursive loop") }
        try expect(.endStatement)
        let (body, end) = try parseBody(of: "for", line, ["else", "endfor"])
        var otherwise: [TemplateNode] = []
        if end == "else" {
            try expect(.endStatement)
            (otherwise, _) = try parseBody(of: "else", line, ["endfor"])
        }
        try expect(.endStatement)
        return .loop(TemplateLoop(names: names, sequence: sequence, condition: condition, body: body, otherwise: otherwise), line: line)
    }

    private mutating func parseSet(_ line: Int) throws(TemplateError) -> TemplateNode {
        var target = TemplateTarget.names(try parseNames())
        if case .names(let names) = target, names.count == 1, take(.symbol(".")) { target = .attribute(of: names[0], try expectName()) }
        if take(.symbol("=")) {
            let value = try parseTuple()
            try expect(.endStatement)
            return .set(target, value, line: line)
        }
        guard take(.endStatement) else { throw unexpected("expected = or %} after set") }
        let (body, _) = try parseBody(of: "set", line, ["endset"])
        try expect(.endStatement)
        return .capture(target, body: body, line: line)
    }

    /// `a` or `a, b`
    private mutating func parseNames() throws(TemplateError) -> [String] {
        let isBracketed = take(.symbol("("))
        var names = [try expectName()]
        while take(.symbol(",")) { names.append(try expectName()) }
        if isBracketed { try expect(.symbol(")")) }
        return names
    }
}

extension TemplateParser {
    /// An expression, the conditional one included.
    mutating func parseExpression() throws(TemplateError) -> TemplateExpression {
        try nested { parser throws(TemplateError) in
            let value = try parser.parseOr()
            guard parser.take(.name("if")) else { return value }
            let condition = try parser.parseOr()
            let otherwise = parser.take(.name("else")) ? try parser.parseExpression() : nil
            return .choice(condition: condition, value, otherwise: otherwise)
        }
    }

    /// `a`, or a tuple `a, b` without brackets.
    mutating func parseTuple() throws(TemplateError) -> TemplateExpression {
        let first = try parseExpression()
        guard next == .symbol(",") else { return first }
        var elements = [first]
        while take(.symbol(",")), next != .endStatement { elements.append(try parseExpression()) }
        return .list(elements)
    }

    /// An expression without `if … else`.
    mutating func parseOr() throws(TemplateError) -> TemplateExpression {
        var left = try parseAnd()
        while take(.name("or")) { left = .binary(.or, left, try parseAnd()) }
        return left
    }

    private mutating func parseAnd() throws(TemplateError) -> TemplateExpression {
        var left = try parseNot()
        while take(.name("and")) { left = .binary(.and, left, try parseNot()) }
        return left
    }

    private mutating func parseNot() throws(TemplateError) -> TemplateExpression {
        guard take(.name("not")) else { return try parseComparison() }
        return .not(try nested { parser throws(TemplateError) in try parser.parseNot() })
    }

    private mutating func parseComparison() throws(TemplateError) -> TemplateExpression {
        let first = try parseSum()
        var rest: [(TemplateOperator, TemplateExpression)] = []
        while let comparison = takeComparison() { rest.append((comparison, try parseSum())) }
        return rest.isEmpty ? first : .comparison(first, rest)
    }

    private mutating func takeComparison() -> TemplateOperator? {
        switch next {
        case .symbol(let symbol) where ["==", "!=", "<", "<=", ">", ">="].contains(symbol):
            advance()
            return TemplateOperator(rawValue: symbol)
        case .name("in"):
            advance()
            return .within
        case .name("not"):
            var ahead = self
            ahead.advance()
            guard ahead.take(.name("in")) else { return nil }
            self = ahead
            return .notWithin
        default: return nil
        }
    }

    /// Operators of one precedence, from the left.
    private mutating func parseLeft(
        _ operators: [TemplateOperator], _ operand: (inout TemplateParser) throws(TemplateError) -> TemplateExpression
    ) throws(TemplateError) -> TemplateExpression {
        var left = try operand(&self)
        while case .symbol(let symbol) = next, let found = operators.first(where: { $0.rawValue == symbol }) {
            advance()
            left = .binary(found, left, try operand(&self))
        }
        return left
    }

    private mutating func parseSum() throws(TemplateError) -> TemplateExpression {
        try parseLeft([.add, .subtract]) { parser throws(TemplateError) in try parser.parseConcatenation() }
    }

    private mutating func parseConcatenation() throws(TemplateError) -> TemplateExpression {
        try parseLeft([.concatenate]) { parser throws(TemplateError) in try parser.parseProduct() }
    }

    private mutating func parseProduct() throws(TemplateError) -> TemplateExpression {
        try parseLeft([.multiply, .divide, .floorDivide, .remainder]) { parser throws(TemplateError) in try parser.parsePower() }
    }

    private mutating func parsePower() throws(TemplateError) -> TemplateExpression {
        try parseLeft([.power]) { parser throws(TemplateError) in try parser.parseUnary(filtered: true) }
    }

    private mutating func parseUnary(filtered: Bool) throws(TemplateError) -> TemplateExpression {
        var value: TemplateExpression
        if take(.symbol("-")) {
            value = .negative(try nested { parser throws(TemplateError) in try parser.parseUnary(filtered: false) })
        } else if take(.symbol("+")) {
            value = try nested { parser throws(TemplateError) in try parser.parseUnary(filtered: false) }
        } else {
            value = try parsePrimary()
        }
        while let longer = try parsePostfix(value) { value = longer }
        while filtered {
            if take(.symbol("|")) {
                value = try parseFilter(value)
            } else if take(.name("is")) {
                value = try parseTest(value)
            } else {
                break
            }
        }
        return value
    }

    // MARK: - What stands alone

    private mutating func parsePrimary() throws(TemplateError) -> TemplateExpression {
        guard let token = next else { throw unexpected("expected a value") }
        switch token {
        case .string(var text):
            advance()
            while case .string(let more) = next {
                text += more
                advance()
            }
            return .literal(.string(text))
        case .integer(let value):
            advance()
            return .literal(.integer(value))
        case .number(let value):
            advance()
            return .literal(.number(value))
        case .name(let name):
            advance()
            switch name {
            case "true", "True": return .literal(.bool(true))
            case "false", "False": return .literal(.bool(false))
            case "none", "None": return .literal(.none)
            default: return .name(name)
            }
        case .symbol("("):
            advance()
            return try parseParenthesis()
        case .symbol("["):
            advance()
            return .list(try parseElements(until: "]"))
        case .symbol("{"):
            advance()
            return try parseDictionary()
        default: throw unexpected("expected a value")
        }
    }

    /// A bracketed expression, or a tuple.
    private mutating func parseParenthesis() throws(TemplateError) -> TemplateExpression {
        if take(.symbol(")")) { return .list([]) }
        let first = try parseExpression()
        if take(.symbol(")")) { return first }
        try expect(.symbol(","))
        return .list([first] + (try parseElements(until: ")")))
    }

    private mutating func parseElements(until end: String) throws(TemplateError) -> [TemplateExpression] {
        var elements: [TemplateExpression] = []
        while !take(.symbol(end)) {
            elements.append(try parseExpression())
            if !take(.symbol(",")) {
                try expect(.symbol(end))
                break
            }
        }
        return elements
    }

    private mutating func parseDictionary() throws(TemplateError) -> TemplateExpression {
        var entries: [(key: TemplateExpression, value: TemplateExpression)] = []
        while !take(.symbol("}")) {
            let key = try parseExpression()
            try expect(.symbol(":"))
            entries.append((key, try parseExpression()))
            if !take(.symbol(",")) {
                try expect(.symbol("}"))
                break
            }
        }
        return .dictionary(entries)
    }

    // MARK: - What follows a value

    private mutating func parsePostfix(_ value: TemplateExpression) throws(TemplateError) -> TemplateExpression? {
        if take(.symbol(".")) {
            if case .integer(let index) = next {
                advance()
                return .item(value, .literal(.integer(index)))
            }
            return .attribute(value, try expectName())
        }
        if take(.symbol("[")) { return try parseSubscript(value) }
        if take(.symbol("(")) { return .call(value, try parseArguments()) }
        return nil
    }

    private mutating func parseSubscript(_ value: TemplateExpression) throws(TemplateError) -> TemplateExpression {
        let from = next == .symbol(":") ? nil : try parseExpression()
        guard take(.symbol(":")) else {
            try expect(.symbol("]"))
            return from.map { .item(value, $0) } ?? value
        }
        let to = next == .symbol(":") || next == .symbol("]") ? nil : try parseExpression()
        var step: TemplateExpression?
        if take(.symbol(":")), next != .symbol("]") { step = try parseExpression() }
        try expect(.symbol("]"))
        return .slice(value, from: from, to: to, step: step)
    }

    /// The arguments after an opening bracket.
    private mutating func parseArguments() throws(TemplateError) -> TemplateArguments {
        var arguments = TemplateArguments()
        while !take(.symbol(")")) {
            var ahead = self
            if case .name(let name) = next,
                {
                    ahead.advance(); return ahead.take(.symbol("="))
                }()
            {
                self = ahead
                arguments.named.append((name, try parseExpression()))
            } else {
                arguments.positional.append(try parseExpression())
            }
            if !take(.symbol(",")) {
                try expect(.symbol(")"))
                break
            }
        }
        return arguments
    }

    private mutating func parseFilter(_ value: TemplateExpression) throws(TemplateError) -> TemplateExpression {
        let line = line
        let name = try expectName()
        guard let filter = TemplateFilter(rawValue: name) else { throw .unsupported(line: line, what: "the filter \"\(name)\"") }
        return .filter(value, filter, take(.symbol("(")) ? try parseArguments() : TemplateArguments())
    }

    private mutating func parseTest(_ value: TemplateExpression) throws(TemplateError) -> TemplateExpression {
        let isNegated = take(.name("not"))
        let line = line
        let name = try expectName().lowercased()
        guard let test = TemplateTest(rawValue: name) else { throw .unsupported(line: line, what: "the test \"\(name)\"") }
        var arguments: [TemplateExpression] = []
        if take(.symbol("(")) {
            arguments = try parseArguments().positional
        } else if startsTestArgument {
            arguments = [try parseUnary(filtered: false)]
        }
        let result = TemplateExpression.test(value, test, arguments)
        return isNegated ? .not(result) : result
    }

    /// A test takes one argument without brackets.
    private var startsTestArgument: Bool {
        switch next {
        case .string, .integer, .number, .symbol("["), .symbol("{"): true
        case .name(let name): !["else", "or", "and", "is", "in", "not", "if"].contains(name)
        default: false
        }
    }
}

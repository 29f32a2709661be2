/// Runs the statements of a template.
struct TemplateInterpreter {
    private(set) var output = ""
    /// The innermost scope is last. A loop's body is a scope of its own; a condition's is not.
    private var scopes: [[String: TemplateValue]]
    /// The members of each `namespace(…)`, by its number.
    var namespaces: [[(key: String, value: TemplateValue)]] = []
    /// The line of the statement that runs, for messages.
    private(set) var line = 1

    /// Why a body ended before its end.
    private enum Exit {
        case leaveLoop
        case continueLoop
    }

    init(globals: [String: TemplateValue]) { scopes = [globals] }

    mutating func run(_ nodes: [TemplateNode]) throws(TemplateError) { _ = try execute(nodes) }

    func lookup(_ name: String) -> TemplateValue {
        for scope in scopes.reversed() { if let value = scope[name] { return value } }
        return .undefined(name: name)
    }

    func error(_ reason: String) -> TemplateError { .evaluation(line: line, reason: reason) }

    private mutating func execute(_ nodes: [TemplateNode]) throws(TemplateError) -> Exit? {
        for node in nodes {
            switch node {
            case .text(let text): output += text
            case .output(let expression, let line):
                self.line = line
                output += try evaluate(expression).text
            case .conditional(let branches, let otherwise, let line):
                self.line = line
                var body = otherwise
                for branch in branches where try evaluate(branch.condition).isTrue {
                    body = branch.body
                    break
                }
                if let exit = try execute(body) { return exit }
            case .loop(let loop, let line):
                self.line = line
                try execute(loop)
            case .set(let target, let expression, let line):
                self.line = line
                try assign(try evaluate(expression), to: target)
            case .capture(let target, let body, let line):
                self.line = line
                let outer = output
                output = ""
                let exit = try execute(body)
                let captured = output
                output = outer
                if let exit { return exit }
                try assign(.string(captured), to: target)
            case .leaveLoop: return .leaveLoop
            case .continueLoop: return .continueLoop
            }
        }
        return nil
    }

    private mutating func execute(_ loop: TemplateLoop) throws(TemplateError) {
        var elements = try iterate(try evaluate(loop.sequence))
        if let condition = loop.condition {
            var kept: [TemplateValue] = []
            for element in elements {
                scopes.append([:])
                try bind(loop.names, to: element)
                if try evaluate(condition).isTrue { kept.append(element) }
                scopes.removeLast()
            }
            elements = kept
        }
        if elements.isEmpty {
            _ = try execute(loop.otherwise)
            return
        }
        for (index, element) in elements.enumerated() {
            scopes.append(["loop": Self.position(index, elements)])
            defer { scopes.removeLast() }
            try bind(loop.names, to: element)
            if try execute(loop.body) == .leaveLoop { break }
        }
    }

    /// The variable `loop`.
    private static func position(_ index: Int, _ elements: [TemplateValue]) -> TemplateValue {
        .dictionary([
            ("index", .integer(index + 1)), ("index0", .integer(index)), ("revindex", .integer(elements.count - index)),
            ("revindex0", .integer(elements.count - index - 1)), ("first", .bool(index == 0)),
            ("last", .bool(index == elements.count - 1)), ("length", .integer(elements.count)),
            ("previtem", index > 0 ? elements[index - 1] : .undefined(name: "loop.previtem")),
            ("nextitem", index + 1 < elements.count ? elements[index + 1] : .undefined(name: "loop.nextitem")),
        ])
    }

    /// What a loop or `in` goes through.
    func iterate(_ value: TemplateValue) throws(TemplateError) -> [TemplateValue] {
        switch value {
        case .undefined: return []
        case .list(let values): return values
        case .dictionary(let entries): return entries.map { .string($0.key) }
        case .string(let text): return text.unicodeScalars.map { .string(String($0)) }
        default: throw error("cannot go through \(value.kind)")
        }
    }

    private mutating func bind(_ names: [String], to value: TemplateValue) throws(TemplateError) {
        if names.count == 1 {
            scopes[scopes.count - 1][names[0]] = value
            return
        }
        let parts = try iterate(value)
        guard parts.count == names.count else {
            throw error("\(parts.count) values for the \(names.count) names \(names.joined(separator: ", "))")
        }
        for (name, part) in zip(names, parts) { scopes[scopes.count - 1][name] = part }
    }

    private mutating func assign(_ value: TemplateValue, to target: TemplateTarget) throws(TemplateError) {
        switch target {
        case .names(let names): try bind(names, to: value)
        case .attribute(let name, let attribute):
            guard case .namespace(let number) = lookup(name) else {
                throw error("\(name) is no namespace, so \(name).\(attribute) cannot be set")
            }
            if let index = namespaces[number].firstIndex(where: { $0.key == attribute }) {
                namespaces[number][index].value = value
            } else {
                namespaces[number].append((attribute, value))
            }
        }
    }
}

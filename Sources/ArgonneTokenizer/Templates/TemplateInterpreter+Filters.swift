extension TemplateInterpreter {
    mutating func apply(
        _ filter: TemplateFilter, to value: TemplateValue, _ arguments: TemplateArguments
    ) throws(TemplateError) -> TemplateValue {
        let positional = try evaluate(arguments.positional)
        func argument(_ index: Int) -> TemplateValue? { index < positional.count ? positional[index] : nil }
        switch filter {
        case .safe: return value
        case .string: return .string(value.text)
        case .trim: return .string(Self.strip(value.text, argument(0)?.text, left: true, right: true))
        case .upper: return .string(value.text.uppercased())
        case .lower: return .string(value.text.lowercased())
        case .capitalize: return .string(Self.capitalized(value.text))
        case .title: return .string(Self.title(value.text))
        case .replace: return .string(Self.replace(value.text, argument(0)?.text ?? "", argument(1)?.text ?? ""))
        case .tojson: return try json(value, try named("indent", arguments) ?? argument(0))
        case .length, .count: return .integer(try iterate(value).count)
        case .default, .d:
            let replaces = value.isUndefined || (argument(1)?.isTrue ?? false) && !value.isTrue
            return replaces ? argument(0) ?? .string("") : value
        case .join: return .string(try iterate(value).map(\.text).joined(separator: argument(0)?.text ?? ""))
        case .first: return try iterate(value).first ?? .undefined(name: "first")
        case .last: return try iterate(value).last ?? .undefined(name: "last")
        case .list: return .list(try iterate(value))
        case .reverse:
            let reversed = Array(try iterate(value).reversed())
            if case .string = value { return .string(reversed.map(\.text).joined()) }
            return .list(reversed)
        case .unique:
            var seen: [TemplateValue] = []
            for element in try iterate(value) where !seen.contains(where: { $0.equals(element) }) { seen.append(element) }
            return .list(seen)
        case .int: return .integer(value.integer ?? Self.truncated(value.double ?? Double(value.text)) ?? 0)
        case .float: return .number(value.double ?? Double(value.text) ?? 0)
        case .abs:
            if let integer = value.integer { return .integer(integer == .min ? .max : abs(integer)) }
            guard let double = value.double else { throw error("\(value.kind) has no absolute value") }
            return .number(abs(double))
        case .items: return try items(value)
        case .indent: return .string(Self.indented(value.text, by: argument(0)?.integer ?? 4, first: argument(1)?.isTrue ?? false))
        case .map:
            guard let attribute = try named("attribute", arguments) else {
                throw .unsupported(line: line, what: "the filter \"map\" without attribute=")
            }
            var mapped: [TemplateValue] = []
            for element in try iterate(value) { mapped.append(element[attribute.text] ?? .undefined(name: attribute.text)) }
            return .list(mapped)
        case .selectattr, .rejectattr: return try select(value, positional, keeps: filter == .selectattr)
        }
    }

    private mutating func named(_ name: String, _ arguments: TemplateArguments) throws(TemplateError) -> TemplateValue? {
        guard let argument = arguments.named.first(where: { $0.name == name }) else { return nil }
        return try evaluate(argument.value)
    }

    /// Python's `json.dumps(value, ensure_ascii=False)`, which Hugging Face puts in the place of Jinja's filter.
    private func json(_ value: TemplateValue, _ indent: TemplateValue?) throws(TemplateError) -> TemplateValue {
        guard let json = value.json(indent: indent?.integer) else { throw error("\(value.kind) has no JSON") }
        return .string(json)
    }

    func items(_ value: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch value {
        case .undefined: return .list([])
        case .dictionary(let entries): return .list(entries.map { .list([.string($0.key), $0.value]) })
        default: throw error("\(value.kind) has no items")
        }
    }

    /// `selectattr("role", "equalto", "user")`
    private func select(_ value: TemplateValue, _ arguments: [TemplateValue], keeps: Bool) throws(TemplateError) -> TemplateValue {
        guard let attribute = arguments.first?.text else { throw error("selectattr without an attribute") }
        let name = arguments.count > 1 ? arguments[1].text : nil
        let test = name.flatMap { $0 == "==" ? .eq : $0 == "!=" ? .ne : TemplateTest(rawValue: $0) }
        if let name, test == nil { throw .unsupported(line: line, what: "the test \"\(name)\"") }
        var kept: [TemplateValue] = []
        for element in try iterate(value) {
            let part = element[attribute] ?? .undefined(name: attribute)
            let isHeld = try test.map { test throws(TemplateError) in try holds(test, part, Array(arguments.dropFirst(2))) } ?? part.isTrue
            if isHeld == keeps { kept.append(element) }
        }
        return .list(kept)
    }

    func holds(_ test: TemplateTest, _ value: TemplateValue, _ arguments: [TemplateValue]) throws(TemplateError) -> Bool {
        switch (test, value) {
        case (.defined, _): return !value.isUndefined
        case (.undefined, _): return value.isUndefined
        case (.none, .none), (.boolean, .bool), (.string, .string), (.integer, .integer), (.float, .number), (.mapping, .dictionary):
            return true
        case (.true, .bool(let truth)): return truth
        case (.false, .bool(let truth)): return !truth
        case (.number, _): return value.double != nil
        case (.iterable, .undefined), (.sequence, .undefined): return true
        case (.iterable, .list), (.iterable, .string), (.iterable, .dictionary): return true
        case (.sequence, .list), (.sequence, .string), (.sequence, .dictionary): return true
        case (.eq, _), (.equalto, _): return arguments.first.map(value.equals) ?? false
        case (.ne, _): return !(arguments.first.map(value.equals) ?? true)
        case (.in, _): return try contains(arguments.first ?? .list([]), value)
        case (.even, _), (.odd, _), (.divisibleby, _):
            guard let number = value.integer, let divisor = test == .divisibleby ? arguments.first?.integer : 2, divisor != 0 else {
                throw error("\(value.kind) cannot be tested for \(test.rawValue)")
            }
            return (number % divisor == 0) == (test != .odd)
        default: return false
        }
    }
}

extension TemplateInterpreter {
    mutating func evaluate(_ expression: TemplateExpression) throws(TemplateError) -> TemplateValue {
        switch expression {
        case .literal(let value): return value
        case .name(let name): return lookup(name)
        case .list(let elements): return .list(try evaluate(elements))
        case .dictionary(let entries):
            var result: [(key: String, value: TemplateValue)] = []
            for entry in entries {
                let key = try evaluate(entry.key).text
                let value = try evaluate(entry.value)
                result.removeAll { $0.key == key }
                result.append((key, value))
            }
            return .dictionary(result)
        case .attribute(let object, let name): return try attribute(name, of: try evaluate(object))
        case .item(let object, let key): return try item(try evaluate(key), of: try evaluate(object))
        case .slice(let object, let from, let to, let step):
            return try slice(try evaluate(object), try bound(from), try bound(to), try bound(step) ?? 1)
        case .call(let callee, let arguments): return try call(callee, arguments)
        case .filter(let value, let filter, let arguments): return try apply(filter, to: try evaluate(value), arguments)
        case .test(let value, let test, let arguments): return .bool(try holds(test, try evaluate(value), try evaluate(arguments)))
        case .not(let value): return .bool(!(try evaluate(value)).isTrue)
        case .negative(let value): return try arithmetic(.subtract, .integer(0), try evaluate(value))
        case .binary(.or, let left, let right):
            let value = try evaluate(left)
            return value.isTrue ? value : try evaluate(right)
        case .binary(.and, let left, let right):
            let value = try evaluate(left)
            return value.isTrue ? try evaluate(right) : value
        case .binary(let symbol, let left, let right): return try arithmetic(symbol, try evaluate(left), try evaluate(right))
        case .comparison(let first, let rest):
            var left = try evaluate(first)
            for (symbol, operand) in rest {
                let right = try evaluate(operand)
                guard try compare(symbol, left, right) else { return .bool(false) }
                left = right
            }
            return .bool(true)
        case .choice(let condition, let value, let otherwise):
            if try evaluate(condition).isTrue { return try evaluate(value) }
            return try otherwise.map { other throws(TemplateError) in try evaluate(other) } ?? .undefined(name: "else")
        }
    }

    mutating func evaluate(_ expressions: [TemplateExpression]) throws(TemplateError) -> [TemplateValue] {
        var values: [TemplateValue] = []
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    // MARK: - Parts of a value

    private func attribute(_ name: String, of object: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch object {
        case .undefined: throw error("\(object.kind) has no attribute \(name)")
        case .namespace(let number): return namespaces[number].first { $0.key == name }?.value ?? .undefined(name: name)
        default: return object[name] ?? .undefined(name: name)
        }
    }

    private func item(_ key: TemplateValue, of object: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch (object, key) {
        case (.undefined, _): throw error("\(object.kind) has no item \(key.text)")
        case (.list(let values), _):
            guard let index = key.integer else { return .undefined(name: key.text) }
            let position = index < 0 ? index + values.count : index
            return values.indices.contains(position) ? values[position] : .undefined(name: "item \(index)")
        case (.string(let text), _):
            guard let index = key.integer else { return .undefined(name: key.text) }
            let scalars = Array(text.unicodeScalars)
            let position = index < 0 ? index + scalars.count : index
            return scalars.indices.contains(position) ? .string(String(scalars[position])) : .undefined(name: "item \(index)")
        case (_, .string(let name)): return try attribute(name, of: object)
        default: return .undefined(name: key.text)
        }
    }

    private mutating func bound(_ expression: TemplateExpression?) throws(TemplateError) -> Int? {
        guard let expression else { return nil }
        let value = try evaluate(expression)
        if case .none = value { return nil }
        guard let integer = value.integer else { throw error("a slice's bound is \(value.kind), expected an integer") }
        return integer
    }

    /// Python's slices, of lists and of the scalars of strings.
    private func slice(_ object: TemplateValue, _ from: Int?, _ to: Int?, _ step: Int) throws(TemplateError) -> TemplateValue {
        guard step != 0 else { throw error("a slice's step is 0") }
        let elements = try iterate(object)
        let count = elements.count
        func clamped(_ bound: Int?, _ missing: Int) -> Int {
            guard let bound else { return missing }
            let position = bound < 0 ? bound + count : bound
            return step > 0 ? min(max(position, 0), count) : min(max(position, -1), count - 1)
        }
        let picked = stride(from: clamped(from, step > 0 ? 0 : count - 1), to: clamped(to, step > 0 ? count : -1), by: step).map {
            elements[$0]
        }
        if case .string = object { return .string(picked.map(\.text).joined()) }
        return .list(picked)
    }

    // MARK: - Operators

    private func arithmetic(_ symbol: TemplateOperator, _ left: TemplateValue, _ right: TemplateValue) throws(TemplateError)
        -> TemplateValue
    {
        switch (symbol, left, right) {
        case (.concatenate, _, _): return .string(left.text + right.text)
        case (.add, .string(let first), .string(let second)): return .string(first + second)
        case (.add, .list(let first), .list(let second)): return .list(first + second)
        case (.multiply, .string(let text), .integer(let count)), (.multiply, .integer(let count), .string(let text)):
            guard count * text.utf8.count < 1 << 20 else { throw error("a string of \(count) times \(text.utf8.count) bytes") }
            return .string(String(repeating: text, count: max(count, 0)))
        default: break
        }
        if let first = left.integer, let second = right.integer, let value = integers(symbol, first, second) { return .integer(value) }
        if let first = left.double, let second = right.double, let value = doubles(symbol, first, second) { return .number(value) }
        throw error("\(left.kind) \(symbol.rawValue) \(right.kind) has no value")
    }

    /// nil where the result is no integer, or where there is none.
    private func integers(_ symbol: TemplateOperator, _ left: Int, _ right: Int) -> Int? {
        let result: (partialValue: Int, overflow: Bool)
        switch symbol {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .floorDivide, .remainder:
            guard right != 0, left != .min || right != -1 else { return nil }
            // Python rounds down, and the remainder has the divisor's sign.
            let remainder = left % right
            let isRounded = remainder != 0 && (remainder < 0) != (right < 0)
            result = symbol == .remainder ? (isRounded ? remainder + right : remainder, false) : (left / right - (isRounded ? 1 : 0), false)
        case .power:
            guard right >= 0 else { return nil }
            var power = (partialValue: 1, overflow: false)
            for _ in 0..<min(right, 64) where !power.overflow { power = power.partialValue.multipliedReportingOverflow(by: left) }
            result = right > 64 && abs(left) > 1 ? (0, true) : power
        default: return nil
        }
        return result.overflow ? nil : result.partialValue
    }

    private func doubles(_ symbol: TemplateOperator, _ left: Double, _ right: Double) -> Double? {
        switch symbol {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide where right != 0: left / right
        case .floorDivide where right != 0: (left / right).rounded(.down)
        case .remainder where right != 0: left - (left / right).rounded(.down) * right
        default: nil
        }
    }

    private func compare(_ symbol: TemplateOperator, _ left: TemplateValue, _ right: TemplateValue) throws(TemplateError) -> Bool {
        switch symbol {
        case .equal: return left.equals(right)
        case .notEqual: return !left.equals(right)
        case .within: return try contains(right, left)
        case .notWithin: return !(try contains(right, left))
        default: break
        }
        if case .string(let first) = left, case .string(let second) = right {
            return ordered(symbol, first.unicodeScalars.lexicographicallyPrecedes(second.unicodeScalars), left.equals(right))
        }
        guard let first = left.double, let second = right.double else {
            throw error("\(left.kind) and \(right.kind) cannot be compared with \(symbol.rawValue)")
        }
        return ordered(symbol, first < second, first == second)
    }

    private func ordered(_ symbol: TemplateOperator, _ isLess: Bool, _ isEqual: Bool) -> Bool {
        switch symbol {
        case .less: isLess
        case .lessOrEqual: isLess || isEqual
        case .greater: !isLess && !isEqual
        default: !isLess
        }
    }

    func contains(_ container: TemplateValue, _ element: TemplateValue) throws(TemplateError) -> Bool {
        if case .string(let text) = container {
            guard case .string(let part) = element else { throw error("\(element.kind) in a string") }
            return part.isEmpty || text.unicodeScalars.contains(part.unicodeScalars)
        }
        return try iterate(container).contains { $0.equals(element) }
    }
}

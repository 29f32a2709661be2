import Foundation

extension TemplateInterpreter {
    /// As Jinja's sandbox limits `range`.
    private static let longestRange = 100_000

    mutating func call(_ callee: TemplateExpression, _ arguments: TemplateArguments) throws(TemplateError) -> TemplateValue {
        let positional = try evaluate(arguments.positional)
        switch callee {
        case .name(let name): return try callFunction(name, positional, arguments)
        case .attribute(let object, let name): return try callMethod(name, of: try evaluate(object), positional)
        default: throw error("only functions and methods can be called")
        }
    }

    private mutating func callFunction(
        _ name: String, _ positional: [TemplateValue], _ arguments: TemplateArguments
    ) throws(TemplateError) -> TemplateValue {
        switch name {
        case "raise_exception": throw .raised(positional.first?.text ?? "")
        case "namespace", "dict":
            var members: [(key: String, value: TemplateValue)] = []
            for argument in arguments.named { members.append((argument.name, try evaluate(argument.value))) }
            if name == "dict" { return .dictionary(members) }
            namespaces.append(members)
            return .namespace(namespaces.count - 1)
        case "range":
            let bounds = positional.compactMap(\.integer)
            guard bounds.count == positional.count, (1...3).contains(bounds.count) else { throw error("range takes one to three integers") }
            let (start, end) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
            let step = bounds.count == 3 ? bounds[2] : 1
            guard step != 0 else { throw error("range with the step 0") }
            let numbers = stride(from: start, to: end, by: step).prefix(Self.longestRange + 1).map { TemplateValue.integer($0) }
            guard numbers.count <= Self.longestRange else { throw error("range of more than \(Self.longestRange) numbers") }
            return .list(numbers)
        case "strftime_now": return .string(Self.now(positional.first?.text ?? ""))
        default: throw .unsupported(line: line, what: "the function \"\(name)\"")
        }
    }

    private static func now(_ format: String) -> String {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 256)
        let count = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private mutating func callMethod(_ name: String, of object: TemplateValue, _ arguments: [TemplateValue]) throws(TemplateError)
        -> TemplateValue
    {
        switch object {
        case .string(let text): if let result = stringMethod(name, text, arguments) { return result }
        case .dictionary(let entries):
            switch name {
            case "items": return try items(object)
            case "keys": return .list(entries.map { .string($0.key) })
            case "values": return .list(entries.map(\.value))
            case "get":
                let missing = arguments.count > 1 ? arguments[1] : .none
                return arguments.first.flatMap { object[$0.text] } ?? missing
            default: break
            }
        default: break
        }
        throw .unsupported(line: line, what: "the method \"\(name)\" of \(object.kind)")
    }

    private func stringMethod(_ name: String, _ text: String, _ arguments: [TemplateValue]) -> TemplateValue? {
        let first = arguments.first?.text
        switch name {
        case "strip", "lstrip", "rstrip":
            return .string(Self.strip(text, first, left: name != "rstrip", right: name != "lstrip"))
        case "upper": return .string(text.uppercased())
        case "lower": return .string(text.lowercased())
        case "capitalize": return .string(Self.capitalized(text))
        case "title": return .string(Self.title(text))
        case "startswith": return .bool(prefixes(arguments).contains { text.unicodeScalars.starts(with: $0.unicodeScalars) })
        case "endswith":
            return .bool(prefixes(arguments).contains { text.unicodeScalars.reversed().starts(with: $0.unicodeScalars.reversed()) })
        case "replace" where arguments.count == 2: return .string(Self.replace(text, arguments[0].text, arguments[1].text))
        case "split":
            if let first, !first.isEmpty {
                return .list(Self.split(text, first, limit: arguments.count > 1 ? arguments[1].integer : nil).map { .string($0) })
            }
            return .list(text.unicodeScalars.split { $0.properties.isWhitespace }.map { .string(String($0)) })
        case "join" where arguments.count == 1:
            return (try? iterate(arguments[0])).map { .string($0.map(\.text).joined(separator: text)) }
        case "find" where first != nil:
            let scalars = text.unicodeScalars
            let range = scalars.firstRange(of: (first ?? "").unicodeScalars)
            return .integer(range.map { scalars.distance(from: scalars.startIndex, to: $0.lowerBound) } ?? -1)
        case "count" where first?.isEmpty == false: return .integer(Self.split(text, first ?? "", limit: nil).count - 1)
        default: return nil
        }
    }

    /// One string, or several in a tuple.
    private func prefixes(_ arguments: [TemplateValue]) -> [String] {
        if case .list(let several)? = arguments.first { return several.map(\.text) }
        return arguments.prefix(1).map(\.text)
    }
}

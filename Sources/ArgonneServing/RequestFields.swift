import JSON

/// The members of a request, taken one after the other; what is left in the end is refused, so that nothing is ignored in silence. A member
/// that is null counts as not given.
struct RequestFields {
    private var left: [String: JSONValue]

    /// The members of a JSON object.
    init(_ body: [UInt8]) throws(APIError) {
        let value: JSONValue
        do { value = try JSONValue(parsing: body) } catch { throw .invalid(nil, "the body is not valid JSON: \(error)") }
        guard let members = value.members else { throw .invalid(nil, "the body must be a JSON object") }
        left = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// The fields of a member that is an object.
    mutating func object(_ name: String) throws(APIError) -> RequestFields? {
        guard let value = value(name) else { return nil }
        guard let members = value.members else { throw wrong(name, value, "an object") }
        return RequestFields(left: Dictionary(members.map { ("\(name).\($0.key)", $0.value) }) { first, _ in first })
    }

    private init(left: [String: JSONValue]) { self.left = left }

    mutating func value(_ name: String) -> JSONValue? {
        guard let value = left.removeValue(forKey: name), value != .null else { return nil }
        return value
    }

    mutating func integer(_ name: String, _ range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let value = value(name) else { return nil }
        guard let number = value.integer(as: Int.self), range.contains(number) else {
            let expected = range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            throw wrong(name, value, range == Int.min...Int.max ? "an integer" : "an integer \(expected)")
        }
        return number
    }

    mutating func number(_ name: String, _ range: ClosedRange<Double>) throws(APIError) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw wrong(name, value, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func bool(_ name: String) throws(APIError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let bool = value.bool else { throw wrong(name, value, "true or false") }
        return bool
    }

    mutating func string(_ name: String) throws(APIError) -> String? {
        guard let value = value(name) else { return nil }
        guard let string = value.string else { throw wrong(name, value, "a string") }
        return string
    }

    /// A string or a list of at most so many.
    mutating func strings(_ name: String, atMost limit: Int) throws(APIError) -> [String] {
        guard let value = value(name) else { return [] }
        let strings = (value.elements ?? [value]).compactMap(\.string)
        guard strings.count == value.elements?.count ?? 1, strings.count <= limit, !strings.contains("") else {
            throw wrong(name, value, "a string or a list of at most \(limit) strings, none of them empty")
        }
        return strings
    }

    /// Takes members that say nothing about the text.
    mutating func ignore(_ names: String...) {
        for name in names { left[name] = nil }
    }

    /// Refuses a member that asks for what this server does not do; `unless` tells values that ask for nothing.
    mutating func refuse(_ name: String, unless isHarmless: (JSONValue) -> Bool = { _ in false }) throws(APIError) {
        if let value = value(name), !isHarmless(value) { throw .invalid(name, "'\(name)' is not supported by this server") }
    }

    /// - Throws: for members that nobody has taken.
    func finish() throws(APIError) {
        if let name = left.keys.min() { throw .invalid(name, "'\(name)' is not known to this server") }
    }

    func wrong(_ name: String, _ value: JSONValue, _ expected: String) -> APIError {
        let text = "\(value)"
        return .invalid(name, "'\(name)' is \(text.count > 60 ? text.prefix(60) + "…" : text) and must be \(expected)")
    }
}

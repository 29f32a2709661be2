/// A JSON document as a value that keeps the order of an object's members and the exact text of its numbers.
///
/// Foundation's decoder serves files whose shape a `Codable` type describes. This serves those where more is asked: a duplicate key
/// refused, the place of a mistake named, an order kept, 64-bit integers exact.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number as it is written, in JSON's own notation or `inf`, `-inf`, `nan`.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One `"key": value` of an object.
    public struct Member: Sendable, Equatable {
        /// The name before the colon.
        public let key: String
        /// What the name stands for.
        public let value: JSONValue

        /// A member of an object.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value of a key, where this is an object that has it.
    public subscript(key: String) -> JSONValue? { members?.first { $0.key == key }?.value }

    /// The members in order, where this is an object.
    public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// The elements, where this is an array.
    public var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

    /// The string, where this is one.
    public var string: String? { if case .string(let string) = self { string } else { nil } }

    /// The Boolean, where this is one.
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }

    /// The number, where this is one that `Integer` holds exactly and that is written without a fraction or an exponent.
    public func integer<Integer: FixedWidthInteger>(as type: Integer.Type = Int.self) -> Integer? {
        if case .number(let text) = self { Integer(text) } else { nil }
    }

    /// The number, where this is one.
    public var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A number.
    public init(integerLiteral value: Int) { self = .number(value.description) }
    /// A Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object, its members in the order written.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements.map { Member($0, $1) }) }
}

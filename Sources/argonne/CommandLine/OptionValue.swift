/// A type that an option can have: how it is read from text and shown in the help.
package protocol OptionValue {
    /// What stands for a value in the help.
    static var metavar: String { get }
    /// The value of an option that was not given and has no default; nil makes such an option required.
    static var absent: Self? { get }
    /// Whether the option may be repeated.
    static var takesSeveral: Bool { get }

    /// Reads one value.
    init(text: String) throws(InvalidValue)
    /// Reads what was given, one text for each time that the option was; only types that take several see more than the last.
    init(texts: [String]) throws(InvalidValue)

    /// The value as one would give it, for the help; nil where there is nothing to show.
    var text: String? { get }
}

/// A text that is not a value of an option's type, or breaks the option's rule.
package struct InvalidValue: Error {
    package let text: String
    /// Completes the sentence "must …".
    package let expected: String
}

extension OptionValue {
    package static var absent: Self? { nil }
    package static var takesSeveral: Bool { false }
    package init(texts: [String]) throws(InvalidValue) { try self.init(text: texts.last ?? "") }
}

extension OptionValue where Self: CustomStringConvertible {
    package var text: String? { description }
}

extension String: OptionValue {
    package static var metavar: String { "TEXT" }
    package init(text: String) { self = text }
    package var text: String? { isEmpty ? nil : self }
}

extension Int: OptionValue {
    package static var metavar: String { "N" }
    package init(text: String) throws(InvalidValue) {
        guard let value = Int(text) else { throw InvalidValue(text: text, expected: "be an integer") }
        self = value
    }
}

extension UInt64: OptionValue {
    package static var metavar: String { "N" }
    package init(text: String) throws(InvalidValue) {
        guard let value = UInt64(text) else { throw InvalidValue(text: text, expected: "be an integer of at least 0") }
        self = value
    }
}

extension Double: OptionValue {
    package static var metavar: String { "X" }
    package init(text: String) throws(InvalidValue) {
        guard let value = Double(text), value.isFinite else { throw InvalidValue(text: text, expected: "be a number") }
        self = value
    }
}

extension Bool: OptionValue {
    package static var metavar: String { "true|false" }
    package init(text: String) throws(InvalidValue) {
        guard let value = Bool(text) else { throw InvalidValue(text: text, expected: "be true or false") }
        self = value
    }
    package var text: String? { self ? "true" : nil }
}

/// Enumerations of names: `enum Device: String, CaseIterable, OptionValue { case cpu, cuda }`.
extension OptionValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    package static var metavar: String { allCases.map(\.rawValue).joined(separator: "|") }
    package init(text: String) throws(InvalidValue) {
        guard let value = Self(rawValue: text) else {
            throw InvalidValue(text: text, expected: "be one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = value
    }
    package var text: String? { rawValue }
}

extension Optional: OptionValue where Wrapped: OptionValue {
    package static var metavar: String { Wrapped.metavar }
    package static var absent: Self? { .some(.none) }
    package init(text: String) throws(InvalidValue) { self = .some(try Wrapped(text: text)) }
    package var text: String? { flatMap(\.text) }
}

extension Array: OptionValue where Element: OptionValue {
    package static var metavar: String { Element.metavar }
    package static var absent: Self? { [] }
    package static var takesSeveral: Bool { true }
    package init(text: String) throws(InvalidValue) { self = [try Element(text: text)] }
    package init(texts: [String]) throws(InvalidValue) {
        self = []
        for text in texts { append(try Element(text: text)) }
    }
    package var text: String? { isEmpty ? nil : compactMap(\.text).joined(separator: " ") }
}

/// Names with a size each, in the order given: `data=2,tensor=4`.
package struct NamedSizes: OptionValue, Equatable, ExpressibleByDictionaryLiteral {
    package struct Entry: Equatable, Sendable {
        package let name: String
        package let size: Int
    }
    package let entries: [Entry]

    package init(dictionaryLiteral elements: (String, Int)...) {
        entries = elements.map { Entry(name: $0.0, size: $0.1) }
    }

    package static var metavar: String { "NAME=N,…" }

    package init(text: String) throws(InvalidValue) {
        let expected = "be names with sizes, such as data=2,tensor=4"
        var entries: [Entry] = []
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, let size = Int(parts[1]), size > 0 else {
                throw InvalidValue(text: text, expected: expected)
            }
            guard !entries.contains(where: { $0.name == parts[0] }) else {
                throw InvalidValue(text: text, expected: "name \(parts[0]) once only")
            }
            entries.append(Entry(name: String(parts[0]), size: size))
        }
        self.entries = entries
    }

    package var text: String? {
        entries.isEmpty ? nil : entries.map { "\($0.name)=\($0.size)" }.joined(separator: ",")
    }
}

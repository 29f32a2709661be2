/// An option of a command, `--name VALUE`, declared as a property. See `Command`.
@propertyWrapper
package final class Option<Value: OptionValue>: DeclaredOption {
    package let name: String?
    package let help: String
    package let metavar: String
    package private(set) var value: Value?
    package let defaultText: String?
    private let rule: Rule<Value>?

    /// The value given on the command line, else the one in the `--config` file, else the default.
    package var wrappedValue: Value {
        guard let value else { preconditionFailure("an option was read before the command line was parsed") }
        return value
    }

    /// An option with a default. `name` is needed only where the property's name is another.
    package init(
        wrappedValue: Value, _ help: String, name: String? = nil, metavar: String = Value.metavar, must rule: Rule<Value>? = nil
    ) {
        self.name = name
        self.help = help
        self.metavar = metavar
        self.rule = rule
        value = wrappedValue
        defaultText = wrappedValue.text
    }

    /// An option that is required, or nil or empty unless given when its type allows that.
    package init(_ help: String, name: String? = nil, metavar: String = Value.metavar, must rule: Rule<Value>? = nil) {
        self.name = name
        self.help = help
        self.metavar = metavar
        self.rule = rule
        value = Value.absent
        defaultText = nil
    }

    package var isRequired: Bool { value == nil }
    package var isFlag: Bool { Value.self == Bool.self }

    package func set(_ texts: [String]) throws(InvalidValue) {
        let value = try Value(texts: texts)
        if let rule, !rule.holds(value) {
            throw InvalidValue(text: texts.joined(separator: " "), expected: rule.text)
        }
        self.value = value
    }
}

/// A positional argument of a command, in the order of declaration. An array takes all that follow.
@propertyWrapper
package final class Argument<Value: OptionValue>: DeclaredArgument {
    package let help: String
    package let metavar: String?
    package private(set) var value: Value?

    /// The value given on the command line.
    package var wrappedValue: Value {
        guard let value else { preconditionFailure("an argument was read before the command line was parsed") }
        return value
    }

    /// An argument, shown in the help under the property's name in capitals unless `metavar` says otherwise.
    package init(_ help: String, metavar: String? = nil) {
        self.help = help
        self.metavar = metavar
        value = Value.absent
    }

    package var isRequired: Bool { value == nil }
    package var takesAll: Bool { Value.takesSeveral }

    package func set(_ texts: [String]) throws(InvalidValue) {
        value = try Value(texts: texts)
    }
}

/// A condition on an option's value that its type cannot express; it completes the sentence "must …".
package struct Rule<Value> {
    let text: String
    let holds: (Value) -> Bool

    /// A condition described by what comes after "must".
    package init(_ text: String, holds: @escaping (Value) -> Bool) {
        self.text = text
        self.holds = holds
    }

    /// At least the bound.
    package static func be(_ range: PartialRangeFrom<Value>) -> Rule where Value: Comparable {
        Rule("be at least \(range.lowerBound)") { range.contains($0) }
    }

    /// Between the bounds, which are allowed.
    package static func be(_ range: ClosedRange<Value>) -> Rule where Value: Comparable {
        Rule("be between \(range.lowerBound) and \(range.upperBound)") { range.contains($0) }
    }

    /// At least the bound, where it is given at all.
    package static func be<Bound: Comparable>(_ range: PartialRangeFrom<Bound>) -> Rule where Value == Bound? {
        Rule("be at least \(range.lowerBound)") { $0.map(range.contains) ?? true }
    }

    /// Between the bounds, which are allowed, where it is given at all.
    package static func be<Bound: Comparable>(_ range: ClosedRange<Bound>) -> Rule where Value == Bound? {
        Rule("be between \(range.lowerBound) and \(range.upperBound)") { $0.map(range.contains) ?? true }
    }
}

extension Rule where Value: Comparable & Numeric {
    /// Greater than zero.
    package static var bePositive: Rule { Rule("be greater than 0") { $0 > 0 } }
}

/// What the parser and the help need of an option, whatever its type.
package protocol DeclaredOption: AnyObject {
    var name: String? { get }
    var help: String { get }
    var metavar: String { get }
    var defaultText: String? { get }
    var isRequired: Bool { get }
    var isFlag: Bool { get }
    func set(_ texts: [String]) throws(InvalidValue)
}

/// What the parser and the help need of a positional argument, whatever its type.
package protocol DeclaredArgument: AnyObject {
    var help: String { get }
    var metavar: String? { get }
    var isRequired: Bool { get }
    var takesAll: Bool { get }
    func set(_ texts: [String]) throws(InvalidValue)
}

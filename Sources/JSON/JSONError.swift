/// Why a text is not JSON, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// The line of the mistake, from 1.
    public let line: Int
    /// The byte within the line, from 1.
    public let column: Int
    /// What was found or expected there.
    public let reason: String

    /// "line 3, column 7: …"
    public var description: String { "line \(line), column \(column): \(reason)" }
}

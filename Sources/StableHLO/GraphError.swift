/// A mistake in the code that builds a graph: shapes or element types that do not fit an operation.
public struct GraphError: Error, Sendable, CustomStringConvertible {
    /// What does not fit, naming the types involved.
    public let message: String
    /// Where the operation was made, as `File.swift:12`, where it is known, and the scopes around it.
    public let location: String

    /// The message and its place, on one line.
    public var description: String { location.isEmpty ? message : "\(location): \(message)" }
}

/// What an operation's shape rule throws; the graph adds where it happened.
struct ShapeError: Error {
    let message: String
    /// What the result was probably meant to be, so that building goes on as if nothing had happened; by default the first operand's type.
    let guess: TensorType?

    init(_ message: String, guess: TensorType? = nil) {
        self.message = message
        self.guess = guess
    }
}

/// The line of Swift that made an operation.
struct SourceLocation: Sendable, CustomStringConvertible {
    let file: StaticString
    let line: UInt

    var description: String {
        // `#fileID` is Module/File.swift; the file alone reads better and is unique within a model.
        let name = "\(file)".split(separator: "/").last.map(String.init) ?? "\(file)"
        return "\(name):\(line)"
    }
}

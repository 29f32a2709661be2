/// A model that cannot be, is not known, or does not fit the mesh.
public struct ModelError: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what would be right.
    public let description: String

    /// An error with its message.
    public init(_ description: String) { self.description = description }
}

/// What a file says of a tensor besides its elements.
public struct TensorDescription: Sendable, Equatable {
    /// The name, such as `blocks.3.attn.q_proj.weight`.
    public let name: String
    /// The type of the elements.
    public let type: SafetensorsType
    /// The sizes of the dimensions, the slowest first; empty for a scalar.
    public let shape: [Int]

    /// A tensor of this name, element type and shape.
    public init(name: String, type: SafetensorsType, shape: [Int]) {
        self.name = name
        self.type = type
        self.shape = shape
    }

    /// The number of elements.
    public var elementCount: Int { shape.reduce(1, *) }

    /// The number of bytes that the elements take.
    public var byteCount: Int { elementCount * type.byteCount }
}

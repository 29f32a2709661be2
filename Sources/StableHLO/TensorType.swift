import PJRT

/// The shape and element type of a value.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
    /// Sizes of the dimensions, outermost first; empty for a scalar.
    public var shape: [Int]
    /// The type of one element.
    public var element: ElementType

    /// A type of the given shape and element type.
    public init(_ shape: [Int], _ element: ElementType) {
        self.shape = shape
        self.element = element
    }

    /// Number of dimensions.
    public var rank: Int { shape.count }

    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }

    /// Size of the dense value in bytes.
    public var byteCount: Int { count * element.byteCount }

    /// The type as StableHLO writes it, for example `tensor<2x3xf32>`.
    public var description: String {
        "tensor<" + shape.map { "\($0)x" }.joined() + element.mlirName + ">"
    }
}

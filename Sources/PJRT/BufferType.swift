/// The element type and shape of one argument or result of a program.
public struct BufferType: Sendable, Hashable, CustomStringConvertible {
    /// The type of each element.
    public var elementType: ElementType
    /// The size of each dimension, the slowest-varying first; empty for a scalar.
    public var shape: [Int]

    /// A type from its parts.
    public init(_ elementType: ElementType, _ shape: [Int]) {
        self.elementType = elementType
        self.shape = shape
    }

    /// The number of elements.
    public var elementCount: Int { shape.reduce(1, *) }

    /// Bytes in host memory, densely packed.
    public var byteCount: Int { elementCount * elementType.byteCount }

    /// ``byteCount`` for a shape that nobody has checked: nil where a size is negative or the product overflows.
    var checkedByteCount: Int? {
        var count = elementType.byteCount
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { return nil }
            count = product
        }
        return count
    }

    /// As in `f32[2,3]`.
    public var description: String { "\(elementType.rawValue)[\(shape.map(String.init).joined(separator: ","))]" }
}

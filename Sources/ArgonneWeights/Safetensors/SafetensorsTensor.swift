import PJRT

/// A tensor in a safetensors file: its description, and its elements in place.
public struct SafetensorsTensor: Sendable {
    /// The name, element type and shape.
    public let description: TensorDescription
    let file: MappedFile
    let range: Range<Int>

    /// The name, such as `blocks.3.attn.q_proj.weight`.
    public var name: String { description.name }
    /// The type of the elements.
    public var type: SafetensorsType { description.type }
    /// The sizes of the dimensions, the slowest first; empty for a scalar.
    public var shape: [Int] { description.shape }

    /// Shows the elements where they are mapped, little-endian and row-major, without a copy. They may be at any address: the format
    /// does not promise alignment.
    public func withBytes<Result, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result) throws(Failure) -> Result {
        try file.withBytes { (bytes) throws(Failure) in try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
    }

    /// Writes the elements to memory of `elementCount` times the size of `type`, converted to it where both are f32, f16 or bf16.
    public func copy(to destination: UnsafeMutableRawBufferPointer, as type: ElementType) throws(WeightsError) {
        guard let source = self.type.elementType, FloatConversion.isAvailable(from: source, to: type) else {
            throw .notConvertible(tensor: name, from: self.type.rawValue, to: SafetensorsType(type).rawValue)
        }
        withBytes { FloatConversion.convert($0, from: source, to: destination, as: type) }
    }

    /// The elements, converted to the scalar's type where both are f32, f16 or bf16.
    public func elements<Scalar: HostScalar>(as scalar: Scalar.Type = Scalar.self) throws(WeightsError) -> [Scalar] {
        let count = description.elementCount
        return try [Scalar](unsafeUninitializedCapacity: count) { (buffer, initialized) throws(WeightsError) in
            try copy(
                to: UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<(count * MemoryLayout<Scalar>.stride)]), as: Scalar.elementType)
            initialized = count
        }
    }
}

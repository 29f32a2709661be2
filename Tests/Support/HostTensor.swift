import Glibc
import PJRT
import StableHLO

/// A dense tensor in host memory, to feed programs with and to look at their results.
package struct HostTensor: Sendable, Equatable {
    /// Shape and element type.
    package let type: TensorType
    /// The elements in row-major order, as they lie in memory.
    package let bytes: [UInt8]

    /// A tensor of elements in row-major order; `shape` is a vector's unless given.
    package init<Scalar: HostScalar>(_ values: [Scalar], _ shape: [Int]? = nil) {
        type = TensorType(shape ?? [values.count], Scalar.elementType)
        bytes = values.withUnsafeBytes(Array.init)
    }

    /// A scalar.
    package init<Scalar: HostScalar>(_ value: Scalar) { self.init([value], []) }

    /// Random numbers of the standard normal distribution, float64, the same for the same seed.
    package static func normal(_ shape: [Int], seed: UInt64) -> HostTensor {
        var generator = SplitMix64(seed: seed)
        let values = (0..<shape.reduce(1, *)).map { _ in
            let (u, v) = (Double.random(in: Double.ulpOfOne..<1, using: &generator), Double.random(in: 0..<1, using: &generator))
            return (-2 * Glibc.log(u)).squareRoot() * Glibc.cos(2 * Double.pi * v)
        }
        return HostTensor(values, shape)
    }

    init(_ buffer: Buffer) throws {
        var bytes = [UInt8](repeating: 0, count: buffer.byteCount)
        try bytes.withUnsafeMutableBytes { bytes in try buffer.copy(into: bytes) }
        type = TensorType(buffer.type.shape, buffer.type.elementType)
        self.bytes = bytes
    }

    func buffer(on device: Device) throws -> Buffer {
        try bytes.withUnsafeBytes { bytes in
            try device.client.buffer(from: bytes, elementType: type.element, shape: type.shape, device: device)
        }
    }

    /// The elements as Swift values; empty where `Scalar` is not the element type.
    package func values<Scalar: HostScalar>(as: Scalar.Type = Scalar.self) -> [Scalar] {
        guard Scalar.elementType == type.element else { return [] }
        return bytes.withUnsafeBytes { bytes in
            (0..<type.count).map { bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Scalar>.stride, as: Scalar.self) }
        }
    }

    /// The elements as doubles, whatever their type.
    package var numbers: [Double] {
        switch type.element {
        case .f64: values(as: Double.self)
        case .f32: values(as: Float.self).map(Double.init)
        case .f16: values(as: Float16.self).map(Double.init)
        case .bf16: values(as: BFloat16.self).map { Double($0.float) }
        case .i64: values(as: Int64.self).map(Double.init)
        case .i32: values(as: Int32.self).map(Double.init)
        case .i16: values(as: Int16.self).map(Double.init)
        case .i8: values(as: Int8.self).map(Double.init)
        case .u64: values(as: UInt64.self).map(Double.init)
        case .u32: values(as: UInt32.self).map(Double.init)
        case .u16: values(as: UInt16.self).map(Double.init)
        case .u8: values(as: UInt8.self).map(Double.init)
        case .bool: values(as: Bool.self).map { $0 ? 1 : 0 }
        }
    }

    /// The only element, as a double.
    package var number: Double { numbers[0] }
}

extension HostTensor {
    /// Whether both have the same type and each pair of elements differs by at most `tolerance` times the greater of 1 and its size.
    package func isClose(to other: HostTensor, _ tolerance: Double) -> Bool {
        type == other.type && zip(numbers, other.numbers).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
    }
}

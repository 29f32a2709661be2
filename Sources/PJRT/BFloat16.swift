/// A bfloat16: a Float's upper 16 bits (1 sign, 8 exponent, 7 mantissa bits).
public struct BFloat16: Sendable, Hashable, BitwiseCopyable {
    /// The bit pattern.
    public var bits: UInt16

    /// A value from its bit pattern.
    public init(bits: UInt16) { self.bits = bits }

    /// The nearest bfloat16, ties to even; overflow gives infinity, NaN stays NaN.
    public init(_ value: Float) {
        let pattern = value.bitPattern
        if value.isNaN {
            // Rounding could carry a NaN's mantissa into infinity; keep its sign and upper payload, and make it quiet.
            bits = UInt16(truncatingIfNeeded: pattern >> 16) | 0x0040
        } else {
            bits = UInt16(truncatingIfNeeded: (pattern &+ 0x7FFF &+ ((pattern >> 16) & 1)) >> 16)
        }
    }

    /// The same value as a Float: exact.
    public var float: Float { Float(bitPattern: UInt32(bits) << 16) }
}

extension BFloat16: CustomStringConvertible {
    /// The value in decimal.
    public var description: String { float.description }
}

extension BFloat16: ExpressibleByFloatLiteral {
    /// The nearest bfloat16 to a literal.
    public init(floatLiteral value: Float) { self.init(value) }
}

import PJRT

/// Random numbers by counter: the same key and index give the same number on every device, in any order.
///
/// Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
public struct RandomKey {
    private let words: (Value, Value)

    /// A key from two uint32 scalars, for example a seed and the number of a tensor.
    public init(_ first: Value, _ second: Value) { words = (first, second) }

    /// Two words of random bits for each index, whose higher word may be given too (uint32).
    public func bits(_ index: Value, _ high: Value? = nil) -> (Value, Value) {
        let rotations = [[13, 15, 26, 6], [17, 29, 16, 24]]
        let keys = [words.0, words.1, words.0 ^ words.1 ^ words.0.graph.constant(Double(0x1BD1_1BDA as UInt32), .u32)]
        var (x, y) = ((high ?? index * 0) + keys[0], index + keys[1])
        for round in 0..<5 {
            for rotation in rotations[round % 2] {
                x = x + y
                y = (y << Double(rotation) | y >> Double(32 - rotation)) ^ x
            }
            x = x + keys[(round + 1) % 3]
            y = y + keys[(round + 2) % 3] + Double(round + 1)
        }
        return (x, y)
    }

    /// Numbers in [0, 1), multiples of 2⁻²⁴, float32, one for each index.
    public func uniform(_ index: Value, _ high: Value? = nil) -> Value { Self.fraction(bits(index, high).0) }

    /// Numbers of the standard normal distribution, float32, one for each index (Box and Muller's transform).
    public func normal(_ index: Value) -> Value {
        let (a, b) = bits(index)
        let radius = sqrt(log(1 - Self.fraction(a)) * -2)
        return radius * cos(Self.fraction(b) * (2 * Double.pi))
    }

    private static func fraction(_ bits: Value) -> Value { (bits >> 8).converted(to: .f32) * 0x1p-24 }
}

/// Random numbers by counter: the same seed and index give the same number, whatever was drawn before.
///
/// SplitMix64's finaliser (Steele et al., "Fast splittable pseudorandom number generators", OOPSLA 2014) over a Weyl sequence from a hashed seed.
struct CounterRandom: Sendable {
    private let start: UInt64

    init(seed: UInt64) { start = Self.mix(seed &+ 0x9e37_79b9_7f4a_7c15) }

    /// A number in [0, 1), a multiple of 2⁻⁵³.
    func uniform(_ index: UInt64) -> Double {
        Double(Self.mix(start &+ (index &+ 1) &* 0x9e37_79b9_7f4a_7c15) >> 11) * 0x1p-53
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): one state word, good enough to shuffle.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    /// A generator for one purpose: every list of keys has a stream of its own.
    init(_ keys: UInt64...) {
        state = 0
        for key in keys { state = Self.mix(state ^ Self.mix(key &+ 0x9e37_79b9_7f4a_7c15)) }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mix(state)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension Array {
    /// Fisher and Yates's shuffle, spelt out so that the order does not depend on the standard library's version.
    mutating func shuffle(with generator: inout SplitMix64) {
        for last in indices.dropFirst().reversed() {
            // The bias of taking the high word of a 64-bit product is below 2^-40 for any window that fits memory.
            swapAt(last, Int(UInt64(last + 1).multipliedFullWidth(by: generator.next()).high))
        }
    }
}

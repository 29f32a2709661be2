/// Numbers pairs of tokens in the order in which they are first seen.
struct PairIndex {
    /// The pairs, by number.
    private(set) var pairs: [UInt64] = []
    /// Open addressing over `pairs`, -1 where empty; a power of two, at most half full.
    private var slots = [Int32](repeating: -1, count: 1 << 16)

    /// Two tokens as one number, so that comparing pairs compares the left token first.
    @inline(__always)
    static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The pair's number: `pairs.count - 1` where it is new.
    mutating func number(of pair: UInt64) -> Int {
        var slot = first(pair)
        while slots[slot] >= 0 {
            if pairs[Int(slots[slot])] == pair { return Int(slots[slot]) }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Int32(pairs.count)
        pairs.append(pair)
        if 2 * pairs.count > slots.count { grow() }
        return pairs.count - 1
    }

    private func first(_ pair: UInt64) -> Int {
        let mixed = pair &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: mixed ^ (mixed >> 32)) & (slots.count - 1)
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: 2 * slots.count)
        for (number, pair) in pairs.enumerated() {
            var slot = first(pair)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(number)
        }
    }
}

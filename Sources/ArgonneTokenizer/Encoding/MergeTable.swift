/// One rule of byte-pair encoding: `left` and `right`, standing side by side, become `result`.
struct Merge: Sendable, Hashable {
    var left: Int32
    var right: Int32
    var result: Int32
}

/// The merges by their pair, for the inner loop: open addressing in memory that never moves.
///
/// Immutable once made, which is why it may be shared between threads.
final class MergeTable: @unchecked Sendable {
    /// A pair's rank in the upper half and its result in the lower, so that the least value is the merge to do first.
    typealias Step = UInt64
    /// The step of a pair that does not merge.
    static let none = Step.max

    private struct Slot {
        var pair: UInt64
        var step: Step
    }

    private let slots: UnsafeMutablePointer<Slot>
    private let shift: UInt64

    /// - Parameter merges: by rank, the first is done first; of a pair that comes twice, the last counts.
    init(_ merges: [Merge]) {
        var bits: UInt64 = 4
        while 1 << bits < 2 * merges.count { bits += 1 }
        shift = 64 - bits
        slots = .allocate(capacity: 1 << bits)
        slots.initialize(repeating: Slot(pair: .max, step: Self.none), count: 1 << bits)
        for (rank, merge) in merges.enumerated() {
            let slot = find(Self.pair(merge.left, merge.right))
            slot.pointee = Slot(
                pair: Self.pair(merge.left, merge.right), step: UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merge.result)))
        }
    }

    deinit { slots.deallocate() }

    @inline(__always)
    private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The pair's slot, or the empty slot where it would be.
    @inline(__always)
    private func find(_ pair: UInt64) -> UnsafeMutablePointer<Slot> {
        let mask = (1 << (64 - Int(shift))) - 1
        var index = Int(truncatingIfNeeded: (pair &* 0x9e37_79b9_7f4a_7c15) >> shift)
        while slots[index].pair != pair && slots[index].pair != .max { index = (index &+ 1) & mask }
        return slots + index
    }

    /// What two neighbouring tokens become, and when.
    @inline(__always)
    func step(_ left: Int32, _ right: Int32) -> Step { find(Self.pair(left, right)).pointee.step }
}

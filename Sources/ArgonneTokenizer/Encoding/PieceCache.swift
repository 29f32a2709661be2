/// Remembers the ids of short pieces, because a few thousand words are most of any text.
///
/// A table in which each piece has one place and the newest stays: memory is bounded, and a hit costs one cache line.
struct PieceCache: ~Copyable {
    /// A piece of up to 15 bytes, zeros after it. The last byte holds its length.
    struct Key {
        var low: UInt64
        var high: UInt64

        /// - Parameter start: 16 bytes must be readable from there.
        @inline(__always)
        init(_ start: UnsafePointer<UInt8>, count: Int) {
            let bytes = UnsafeRawPointer(start)
            low = bytes.loadUnaligned(as: UInt64.self)
            high = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            if count < 8 {
                low &= (1 &<< (UInt64(count) &* 8)) &- 1
                high = 0
            } else {
                high &= (1 &<< ((UInt64(count) &- 8) &* 8)) &- 1
            }
            high |= UInt64(count) << 56
        }
    }

    /// A piece and its ids, -1 after the last.
    struct Entry {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var ids = SIMD4<Int32>(repeating: -1)

        @inline(__always)
        func holds(_ key: Key) -> Bool { low == key.low && high == key.high }
    }

    static let maximumBytes = 15
    static let maximumIDs = 4
    private static let bits: UInt64 = 17
    private let entries: UnsafeMutablePointer<Entry>

    init() {
        entries = .allocate(capacity: 1 << Self.bits)
        entries.initialize(repeating: Entry(), count: 1 << Self.bits)
    }

    deinit { entries.deallocate() }

    /// The only place where the piece can be.
    @inline(__always)
    func entry(for key: Key) -> UnsafeMutablePointer<Entry> {
        var hash = (key.low ^ (key.high &* 0xff51_afd7_ed55_8ccd)) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 32
        return entries + Int(truncatingIfNeeded: (hash &* 0x9e37_79b9_7f4a_7c15) >> (64 - Self.bits))
    }
}

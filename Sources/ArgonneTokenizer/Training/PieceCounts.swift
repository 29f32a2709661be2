/// How often each piece of text occurs: the whole input of byte-pair training.
struct PieceCounts {
    /// The pieces, one after the other.
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// Open addressing over `entries`, -1 where empty; a power of two, at most half full.
    private var slots = [Int32](repeating: -1, count: 1 << 12)

    private struct Entry {
        var start: Int
        var length: Int
        var hash: UInt64
        var count: Int
    }

    var count: Int { entries.count }

    /// Piece `index` and how often it occurs.
    subscript(index: Int) -> (piece: ArraySlice<UInt8>, count: Int) {
        let entry = entries[index]
        return (bytes[entry.start..<entry.start + entry.length], entry.count)
    }

    /// Counts a piece.
    mutating func add(_ piece: UnsafeBufferPointer<UInt8>, times: Int = 1) {
        let hash = Self.hash(piece)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if entries[index].hash == hash, holds(entries[index], piece) {
                entries[index].count += times
                return
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Int32(entries.count)
        entries.append(Entry(start: bytes.count, length: piece.count, hash: hash, count: times))
        bytes.append(contentsOf: piece)
        if 2 * entries.count > slots.count { grow() }
    }

    /// Adds all counts of another.
    mutating func add(_ other: PieceCounts) {
        other.bytes.withUnsafeBufferPointer { buffer in
            for entry in other.entries {
                add(UnsafeBufferPointer(rebasing: buffer[entry.start..<entry.start + entry.length]), times: entry.count)
            }
        }
    }

    private func holds(_ entry: Entry, _ piece: UnsafeBufferPointer<UInt8>) -> Bool {
        guard entry.length == piece.count else { return false }
        for offset in 0..<entry.length where bytes[entry.start + offset] != piece[offset] { return false }
        return true
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: 2 * slots.count)
        for (index, entry) in entries.enumerated() {
            var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(index)
        }
    }

    /// FNV-1a over eight bytes at a time, mixed.
    private static func hash(_ piece: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        var index = 0
        let raw = UnsafeRawBufferPointer(piece)
        while index + 8 <= piece.count {
            state = (state ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0x9e37_79b9_7f4a_7c15
            state ^= state >> 29
            index += 8
        }
        while index < piece.count {
            state = (state ^ UInt64(piece[index])) &* 0x100_0000_01b3
            index += 1
        }
        state = (state ^ (state >> 32)) &* 0x9e37_79b9_7f4a_7c15
        return state ^ (state >> 29)
    }
}

/// Cuts texts into pieces and counts them. One thread at a time uses it.
final class PieceCounter {
    private(set) var counts = PieceCounts()
    private let text = TextBuffer()
    private let pretokenizer: Pretokenizer

    init(_ pattern: Pretokenizer.Pattern) { pretokenizer = Pretokenizer(pattern) }

    func add(_ source: UnsafeBufferPointer<UInt8>) {
        text.load(source, composing: false)
        var position = UnsafePointer(text.start)
        let limit = position + text.count
        var rescanned = 0
        while position < limit {
            let end = pretokenizer.end(of: position, limit, rescanned: &rescanned)
            counts.add(UnsafeBufferPointer(start: position, count: end - position))
            position = end
        }
    }
}

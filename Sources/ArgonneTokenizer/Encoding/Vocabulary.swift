/// The bytes of every token, by id, in one buffer, and the way back from bytes to an id.
struct Vocabulary: Sendable {
    /// A token as it comes out of a file.
    struct Token: Sendable, Equatable {
        var bytes: [UInt8]
        /// Whether byte-pair encoding can give it. Otherwise it is found by its text, or never, and is not looked up by its bytes.
        var isByteLevel: Bool
    }

    private var bytes: [UInt8] = []
    /// Token `id` is `bytes[starts[id] ..< starts[id + 1]]`; an id that no token has is empty.
    private var starts: [Int] = [0]
    private var isByteLevel: [Bool] = []
    /// Open addressing over ids, -1 where empty; a power of two, at most half full.
    private var slots: [Int32]

    /// - Parameter tokens: token 0, 1, …; nil where no token has the id.
    init(_ tokens: [Token?]) {
        var capacity = 2
        while capacity < 2 * tokens.count { capacity *= 2 }
        slots = [Int32](repeating: -1, count: capacity)
        starts.reserveCapacity(tokens.count + 1)
        for (id, token) in tokens.enumerated() {
            bytes += token?.bytes ?? []
            starts.append(bytes.count)
            isByteLevel.append(token?.isByteLevel ?? false)
            guard let token, token.isByteLevel else { continue }
            var slot = Self.hash(token.bytes) & (capacity - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (capacity - 1) }
            slots[slot] = Int32(id)
        }
    }

    var count: Int { starts.count - 1 }

    /// The bytes of token `id`: empty where there is none.
    subscript(id: Int32) -> ArraySlice<UInt8> {
        guard id >= 0, id < count else { return [] }
        return bytes[starts[Int(id)]..<starts[Int(id) + 1]]
    }

    /// Whether token `id` is spelled in the byte alphabet.
    func isByteLevel(_ id: Int32) -> Bool { isByteLevel[Int(id)] }

    /// The lowest id with these bytes.
    func id(of token: some Collection<UInt8>) -> Int32? {
        var slot = Self.hash(token) & (slots.count - 1)
        while slots[slot] >= 0 {
            if self[slots[slot]].elementsEqual(token) { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// FNV-1a with a final mix, because only the low bits choose a slot.
    private static func hash(_ token: some Collection<UInt8>) -> Int {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in token { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: (state ^ (state >> 29)) &* 0x9e37_79b9_7f4a_7c15 >> 20)
    }
}

/// What the patterns of pre-tokenisers ask about a scalar. Letters are the kinds from `upper` on.
enum ScalarKind {
    static let other: UInt8 = 0
    static let mark: UInt8 = 1
    static let number: UInt8 = 2
    static let space: UInt8 = 3
    static let upper: UInt8 = 4
    static let lower: UInt8 = 5
    static let otherLetter: UInt8 = 6
    /// Set beside the kind where NFC may change the scalar, or join or reorder it with what stands before it.
    static let composes: UInt8 = 8
}

/// The kind of every scalar, as a table of two stages: 256 scalars a block, equal blocks stored once.
///
/// Immutable once made, which is why it may be shared between threads.
final class ScalarKinds: @unchecked Sendable {
    static let shared = ScalarKinds()

    private let blocks: UnsafeMutablePointer<UInt8>
    private let blockOf: UnsafeMutablePointer<UInt16>

    private init() {
        var flat = [UInt8](repeating: 0, count: 0x110000)
        let runs = UnicodeTables.kinds
        for (index, run) in runs.enumerated() {
            let end = index + 1 < runs.count ? Int(runs[index + 1] >> 4) : flat.count
            for scalar in Int(run >> 4)..<end { flat[scalar] = UInt8(run & 15) }
        }
        var numbers: [ArraySlice<UInt8>: UInt16] = [:]
        var distinct: [UInt8] = []
        blockOf = .allocate(capacity: flat.count >> 8)
        for block in 0..<flat.count >> 8 {
            let content = flat[block << 8..<(block + 1) << 8]
            let number = numbers[content] ?? UInt16(distinct.count >> 8)
            if numbers.updateValue(number, forKey: content) == nil { distinct += content }
            (blockOf + block).initialize(to: number)
        }
        blocks = .allocate(capacity: distinct.count)
        blocks.initialize(from: distinct, count: distinct.count)
    }

    deinit {
        blocks.deallocate()
        blockOf.deallocate()
    }

    /// The kind and flags of a scalar value below 0x110000.
    @inline(__always)
    func flags(_ scalar: UInt32) -> UInt8 {
        blocks[Int(blockOf[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)]
    }

    /// The kind of a scalar value below 0x110000.
    @inline(__always)
    func kind(_ scalar: UInt32) -> UInt8 { flags(scalar) & 7 }

    /// The kind of the scalar that begins at `text`, which must be well-formed UTF-8, and its length in bytes.
    @inline(__always)
    func next(_ text: UnsafePointer<UInt8>) -> (kind: UInt8, length: Int) {
        let lead = text[0]
        if lead < 0x80 { return (kind(UInt32(lead)), 1) }
        let second = UInt32(text[1] & 0x3F)
        if lead < 0xE0 { return (kind(UInt32(lead & 0x1F) << 6 | second), 2) }
        let third = UInt32(text[2] & 0x3F)
        if lead < 0xF0 { return (kind(UInt32(lead & 0x0F) << 12 | second << 6 | third), 3) }
        return (kind(UInt32(lead & 0x07) << 18 | second << 12 | third << 6 | UInt32(text[3] & 0x3F)), 4)
    }
}

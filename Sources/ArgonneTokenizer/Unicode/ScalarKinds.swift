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

/// The kind of every scalar, as a table of two stages: 256 scalars a block, blocks of one kind stored once.
///
/// Immutable once made, which is why it may be shared between threads.
final class ScalarKinds: @unchecked Sendable {
    static let shared = ScalarKinds()

    private let blocks: UnsafeMutablePointer<UInt8>
    private let blockOf: UnsafeMutablePointer<UInt16>

    private init() {
        let runs = UnicodeTables.kinds
        let blockCount = 0x110000 >> 8
        var uniform = [UInt16?](repeating: nil, count: 16)
        var content: [UInt8] = []
        var run = 0
        blockOf = .allocate(capacity: blockCount)
        for block in 0..<blockCount {
            let scalars = block << 8..<(block + 1) << 8
            func end(_ run: Int) -> Int { run + 1 < runs.count ? Int(runs[run + 1] >> 4) : 0x110000 }
            while end(run) <= scalars.lowerBound { run += 1 }
            let kind = Int(runs[run] & 15)
            let isUniform = end(run) >= scalars.upperBound
            if isUniform, let known = uniform[kind] {
                blockOf[block] = known
                continue
            }
            blockOf[block] = UInt16(content.count >> 8)
            if isUniform { uniform[kind] = blockOf[block] }
            for scalar in scalars {
                while end(run) <= scalar { run += 1 }
                content.append(UInt8(runs[run] & 15))
            }
        }
        blocks = .allocate(capacity: content.count)
        blocks.initialize(from: content, count: content.count)
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

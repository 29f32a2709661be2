/// A text made ready for the inner loop: well-formed UTF-8, normalised, and followed by bytes that may be read.
///
/// Owned by one encoder and used again for every text.
final class TextBuffer {
    /// The bytes that may be read past the end, so that a word is loaded in two steps of eight bytes.
    static let padding = 16

    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0
    private let kinds = ScalarKinds.shared
    private var run: [UInt32] = []

    init() {
        capacity = 1 << 12
        memory = .allocate(capacity: capacity)
        memory.initialize(repeating: 0, count: capacity)
    }

    deinit { memory.deallocate() }

    /// The first byte. The byte before it is the buffer's too, for a space put in front.
    var start: UnsafeMutablePointer<UInt8> { memory + 1 }

    /// Takes a text: an ill-formed sequence becomes U+FFFD, one for each maximal part, as Rust, Python and Swift replace it.
    func load(_ text: UnsafeBufferPointer<UInt8>, composing: Bool) {
        // The worst cases: one ill-formed byte becomes three, and U+1D160 becomes three scalars.
        reserve(3 * text.count)
        count = 0
        guard let source = text.baseAddress else { return }
        let end = text.count
        var position = 0
        // Where the last scalar that NFC leaves alone begins, and whether what follows it has to be composed.
        var anchor = 0
        var composesRun = false
        while position < end {
            if !composesRun { position = copyASCII(source, position, end, anchor: &anchor) }
            if position == end { break }
            let (scalar, length) = Self.decode(source + position, end - position)
            let flags = kinds.flags(scalar)
            if composing, flags & ScalarKind.composes == 0 {
                if composesRun { composeRun(from: anchor) }
                composesRun = false
                anchor = count
            } else if composing {
                composesRun = true
            }
            append(scalar)
            position += length
        }
        if composesRun { composeRun(from: anchor) }
        (start + count).initialize(repeating: 0, count: Self.padding)
    }

    /// Copies while bytes are ASCII, eight at a time; returns where it stopped.
    private func copyASCII(_ source: UnsafePointer<UInt8>, _ from: Int, _ end: Int, anchor: inout Int) -> Int {
        var position = from
        let target = start + count - from
        while position + 8 <= end {
            let word = UnsafeRawPointer(source + position).loadUnaligned(as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { break }
            UnsafeMutableRawPointer(target + position).storeBytes(of: word, as: UInt64.self)
            position += 8
        }
        while position < end, source[position] < 0x80 {
            target[position] = source[position]
            position += 1
        }
        count += position - from
        if position > from { anchor = count - 1 }
        return position
    }

    private func reserve(_ bytes: Int) {
        let needed = bytes + 1 + Self.padding
        guard needed > capacity else { return }
        memory.deallocate()
        capacity = max(needed, 2 * capacity)
        memory = .allocate(capacity: capacity)
    }

    private func composeRun(from anchor: Int) {
        run.removeAll(keepingCapacity: true)
        var position = anchor
        while position < count {
            let (scalar, length) = Self.decode(start + position, count - position)
            run.append(scalar)
            position += length
        }
        CanonicalComposition.shared.normalize(&run)
        count = anchor
        for scalar in run { append(scalar) }
    }

    @inline(__always)
    private func append(_ scalar: UInt32) {
        let target = start + count
        switch scalar {
        case 0..<0x80:
            target[0] = UInt8(scalar)
            count += 1
        case 0x80..<0x800:
            target[0] = UInt8(0xC0 | scalar >> 6)
            target[1] = UInt8(0x80 | scalar & 0x3F)
            count += 2
        case 0x800..<0x10000:
            target[0] = UInt8(0xE0 | scalar >> 12)
            target[1] = UInt8(0x80 | scalar >> 6 & 0x3F)
            target[2] = UInt8(0x80 | scalar & 0x3F)
            count += 3
        default:
            target[0] = UInt8(0xF0 | scalar >> 18)
            target[1] = UInt8(0x80 | scalar >> 12 & 0x3F)
            target[2] = UInt8(0x80 | scalar >> 6 & 0x3F)
            target[3] = UInt8(0x80 | scalar & 0x3F)
            count += 4
        }
    }

    /// The scalar at the beginning of `text` and its length; U+FFFD and the length of the maximal part where it is ill-formed
    /// (The Unicode Standard, table 3-7).
    @inline(__always)
    static func decode(_ text: UnsafePointer<UInt8>, _ available: Int) -> (scalar: UInt32, length: Int) {
        let lead = text[0]
        if lead < 0x80 { return (UInt32(lead), 1) }
        let length: Int
        var scalar: UInt32
        var range: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: (length, scalar) = (2, UInt32(lead & 0x1F))
        case 0xE0...0xEF:
            (length, scalar) = (3, UInt32(lead & 0x0F))
            if lead == 0xE0 { range = 0xA0...0xBF }
            if lead == 0xED { range = 0x80...0x9F }
        case 0xF0...0xF4:
            (length, scalar) = (4, UInt32(lead & 0x07))
            if lead == 0xF0 { range = 0x90...0xBF }
            if lead == 0xF4 { range = 0x80...0x8F }
        default: return (0xFFFD, 1)
        }
        var index = 1
        while index < length {
            guard index < available, range.contains(text[index]) else { return (0xFFFD, index) }
            scalar = scalar << 6 | UInt32(text[index] & 0x3F)
            range = 0x80...0xBF
            index += 1
        }
        return (scalar, length)
    }
}

/// How many characters of each class a text has, in Unicode scalars, as Python's `len` counts them.
package struct CharacterCounts: Equatable {
    package var characters = 0
    package var digits = 0
    package var letters = 0
    package var spaces = 0

    /// Characters that are none of these.
    package var symbols: Int { characters - digits - letters - spaces }

    /// Counts a text; nil where it is not valid UTF-8.
    package init?(utf8 text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        while index < text.count {
            if text[index] < 0x80 {
                countASCII(text, from: &index)
            } else if !ScalarClass.table.withUnsafeBufferPointer({ countNonASCII(text, from: &index, classes: $0) }) {
                return nil
            }
        }
    }

    /// A table of increments with a field for each class, so that a byte costs one addition.
    private static let increments: [UInt64] = (0..<0x80 as Range<UInt8>).map { byte in
        switch ScalarClass(Unicode.Scalar(byte)) {
        case .other: 0
        case .digit: 1
        case .letter: 1 << 21
        case .space: 1 << 42
        }
    }

    /// Counts up to the next byte that is not ASCII.
    private mutating func countASCII(_ text: UnsafeBufferPointer<UInt8>, from index: inout Int) {
        let start = index
        // A field has 21 bits.
        let limit = min(text.count, start + 1 << 20)
        var sum: UInt64 = 0
        var end = start
        Self.increments.withUnsafeBufferPointer { increments in
            while end < limit, text[end] < 0x80 {
                sum &+= increments[Int(text[end])]
                end &+= 1
            }
        }
        index = end
        characters += end - start
        digits += Int(sum & 0x1F_FFFF)
        letters += Int(sum >> 21 & 0x1F_FFFF)
        spaces += Int(sum >> 42)
    }

    /// Counts up to the next ASCII byte; false at a sequence that is not well-formed (Unicode 3.9, table 3-7).
    private mutating func countNonASCII(
        _ text: UnsafeBufferPointer<UInt8>, from index: inout Int, classes: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        while index < text.count, text[index] >= 0x80 {
            let lead = text[index]
            let length: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch lead {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            case 0xF1...0xF3: length = 4
            default: return false
            }
            guard index + length <= text.count, second.contains(text[index + 1]) else { return false }
            var value = UInt32(lead) & (0x7F >> UInt32(length))
            value = value << 6 | UInt32(text[index + 1] & 0x3F)
            for offset in 2..<max(length, 2) {
                guard text[index + offset] & 0xC0 == 0x80 else { return false }
                value = value << 6 | UInt32(text[index + offset] & 0x3F)
            }
            characters += 1
            switch classes[Int(value)] {
            case ScalarClass.digit.rawValue: digits += 1
            case ScalarClass.letter.rawValue: letters += 1
            case ScalarClass.space.rawValue: spaces += 1
            default: break
            }
            index += length
        }
        return true
    }
}

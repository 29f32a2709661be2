/// Turns ids into text as they come, and holds back bytes that may be the beginning of a character.
///
/// The pieces, joined, are what `Tokenizer.decode` gives for all the ids at once.
public struct StreamingDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skipSpecial: Bool
    private var pending: [UInt8] = []

    /// A decoder that has seen nothing yet.
    public init(_ tokenizer: Tokenizer, skipSpecial: Bool = false) {
        self.tokenizer = tokenizer
        self.skipSpecial = skipSpecial
    }

    /// Takes one more id; returns the text that it completes, empty where it only begins a character.
    public mutating func push(_ id: Int32) -> String {
        pending += tokenizer.decodeBytes(CollectionOfOne(id), skipSpecial: skipSpecial)
        let complete = pending.count - Self.unfinishedSuffix(pending)
        let text = String(decoding: pending[..<complete], as: UTF8.self)
        pending.removeFirst(complete)
        return text
    }

    /// The text of what was held back: replacement characters for a character that never came to its end.
    public mutating func finish() -> String {
        defer { pending = [] }
        return String(decoding: pending, as: UTF8.self)
    }

    /// How many bytes at the end are the proper beginning of a well-formed UTF-8 sequence (0 to 3).
    private static func unfinishedSuffix(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let lead = bytes[bytes.count - length]
            if lead & 0xC0 == 0x80 { continue }
            let expected: Int
            switch lead {
            case 0xC2...0xDF: expected = 2
            case 0xE0...0xEF: expected = 3
            case 0xF0...0xF4: expected = 4
            default: return 0
            }
            guard length < expected else { return 0 }
            // The second byte's range is narrower after these leads: overlong forms, surrogates, past U+10FFFF.
            if length > 1 {
                let second = bytes[bytes.count - length + 1]
                switch lead {
                case 0xE0 where second < 0xA0, 0xED where second > 0x9F, 0xF0 where second < 0x90, 0xF4 where second > 0x8F: return 0
                default: break
                }
            }
            return length
        }
        return 0
    }
}

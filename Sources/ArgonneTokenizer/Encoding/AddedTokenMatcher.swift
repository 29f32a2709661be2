/// Finds added tokens in a text: the leftmost, of those the longest, as Hugging Face tokenizers does.
struct AddedTokenMatcher: Sendable {
    /// A part of the text: an added token, or, where `id` is nil, what stands between two.
    struct Part: Equatable {
        var range: Range<Int>
        var id: Int32?
    }

    /// The tokens that begin with each byte, the longest first.
    private var tokens = [[(bytes: [UInt8], token: AddedToken)]](repeating: [], count: 256)
    /// Whether some token begins with the byte.
    private let begins: [Bool]
    let isEmpty: Bool

    /// - Parameter composing: whether the text is in normalisation form C, so that the tokens have to be too.
    init(_ added: some Sequence<AddedToken>, composing: Bool = false) {
        let buffer = TextBuffer()
        for token in added {
            var bytes = Array(token.content.utf8)
            if composing {
                bytes.withUnsafeBufferPointer { buffer.load($0, composing: true) }
                bytes = Array(UnsafeBufferPointer(start: buffer.start, count: buffer.count))
            }
            if let first = bytes.first { tokens[Int(first)].append((bytes, token)) }
        }
        for first in tokens.indices { tokens[first].sort { $0.bytes.count > $1.bytes.count } }
        begins = tokens.map { !$0.isEmpty }
        isEmpty = !begins.contains(true)
    }

    /// Cuts a text at the tokens in it and hands the parts over, in order.
    func forEachPart(of text: UnsafeBufferPointer<UInt8>, allowSpecial: Bool, _ body: (Part) -> Void) {
        var taken = 0
        var position = 0
        while let (start, length, token) = match(text, from: position) {
            position = start + length
            // A token that begins in white space which the one before took along is gone with it.
            if start < taken || token.isSpecial && !allowSpecial { continue }
            if token.isSingleWord, Self.endsInWord(text[..<start]) || Self.beginsWithWord(text[position...]) { continue }
            var from = start
            var to = position
            if token.stripsLeft { from = Self.trimmingSpace(before: start, text, limit: taken) }
            if token.stripsRight { to = Self.skippingSpace(after: to, text) }
            if taken < from { body(Part(range: taken..<from, id: nil)) }
            body(Part(range: from..<to, id: token.id))
            taken = to
        }
        if taken < text.count { body(Part(range: taken..<text.count, id: nil)) }
    }

    /// The first token at or after `position`.
    private func match(_ text: UnsafeBufferPointer<UInt8>, from position: Int) -> (start: Int, length: Int, token: AddedToken)? {
        begins.withUnsafeBufferPointer { begins in
            for start in position..<text.count where begins[Int(text[start])] {
                for (bytes, token) in tokens[Int(text[start])] where bytes.count <= text.count - start {
                    if (0..<bytes.count).allSatisfy({ text[start + $0] == bytes[$0] }) { return (start, bytes.count, token) }
                }
            }
            return nil
        }
    }

    // MARK: - The neighbours of a token

    private static func beginsWithWord(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        isWord(String(decoding: text.prefix(4), as: UTF8.self).unicodeScalars.first)
    }

    private static func endsInWord(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        isWord(String(decoding: text.suffix(4), as: UTF8.self).unicodeScalars.last)
    }

    /// `\w` of UTS #18.
    private static func isWord(_ scalar: Unicode.Scalar?) -> Bool {
        guard let properties = scalar?.properties else { return false }
        if properties.isAlphabetic || properties.isJoinControl { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }

    /// Where the white space that ends at `end` begins, not before `limit`.
    private static func trimmingSpace(before end: Int, _ text: UnsafeBufferPointer<UInt8>, limit: Int) -> Int {
        var start = end
        while start > limit {
            var lead = start - 1
            while lead > limit, text[lead] & 0xC0 == 0x80 { lead -= 1 }
            guard isSpace(text, lead, until: start) else { break }
            start = lead
        }
        return start
    }

    private static func skippingSpace(after start: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
        var end = start
        while end < text.count {
            var next = end + 1
            while next < text.count, text[next] & 0xC0 == 0x80 { next += 1 }
            guard isSpace(text, end, until: next) else { break }
            end = next
        }
        return end
    }

    /// Whether the bytes are one white space character.
    private static func isSpace(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, until end: Int) -> Bool {
        guard let base = text.baseAddress else { return false }
        let (scalar, length) = TextBuffer.decode(base + start, end - start)
        return length == end - start && ScalarKinds.shared.kind(scalar) == ScalarKind.space
    }
}

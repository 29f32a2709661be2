/// Cuts a text into the pieces that byte-pair encoding never joins.
///
/// Each pattern is the regular expression of a published tokenizer, matched by hand in one pass: a regular expression engine would be
/// nine tenths of the time of encoding. The alternatives are tried in the order in which they stand in the expression.
struct Pretokenizer: Sendable {
    /// The expressions that are known.
    enum Pattern: Sendable, Hashable {
        /// The text is one piece.
        case none
        /// GPT-2, and Argonne 1.
        case gpt2
        /// GPT-4 and its descendants: numbers are cut after `digits`; Qwen's after 1, Llama 3's after 3.
        /// tiktoken's form takes white space at the end of the text whole; Hugging Face's cuts it after the last line break.
        case gpt4(digits: Int, keepsTrailingSpace: Bool)
        /// GPT-4o: a word is cut where a lower-case letter is followed by an upper-case one.
        case gpt4o
    }

    let pattern: Pattern
    private let kinds = ScalarKinds.shared

    init(_ pattern: Pattern) { self.pattern = pattern }

    /// A position in a well-formed text with padding after it.
    typealias Position = UnsafePointer<UInt8>

    /// Where the piece that begins at `start` ends.
    ///
    /// - Parameter rescanned: increased by the bytes that were looked at and not taken.
    @inline(__always)
    func end(of start: Position, _ limit: Position, rescanned: inout Int) -> Position {
        switch pattern {
        case .gpt4(let digits, let keepsTrailingSpace):
            gpt4(start, limit, digits, keepsTrailingSpace, &rescanned)
        case .gpt2: gpt2(start, limit, &rescanned)
        case .gpt4o: gpt4o(start, limit, &rescanned)
        case .none: limit
        }
    }

    // MARK: - The expressions

    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    @inline(__always)
    private func gpt2(_ start: Position, _ limit: Position, _ rescanned: inout Int) -> Position {
        if start[0] == UInt8(ascii: "'"), let end = contraction(start, limit, ignoringCase: false) { return end }
        let word = start[0] == UInt8(ascii: " ") && start + 1 < limit ? start + 1 : start
        let first = kinds.next(word)
        switch first.kind {
        case ScalarKind.upper...: return letters(word + first.length, limit)
        case ScalarKind.number: return run(word + first.length, limit) { $0 == ScalarKind.number }
        case ScalarKind.space: return space(start, limit, &rescanned)
        default: return run(word + first.length, limit) { $0 <= ScalarKind.mark }
        }
    }

    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    @inline(__always)
    private func gpt4(
        _ start: Position, _ limit: Position, _ digits: Int, _ keepsTrailingSpace: Bool, _ rescanned: inout Int
    ) -> Position {
        if start[0] == UInt8(ascii: "'"), let end = contraction(start, limit, ignoringCase: true) { return end }
        let first = kinds.next(start)
        if first.kind >= ScalarKind.upper { return letters(start + first.length, limit) }
        if first.kind == ScalarKind.number { return number(start + first.length, limit, digits) }
        let after = start + first.length
        if after < limit {
            let second = kinds.next(after)
            if second.kind >= ScalarKind.upper, !isLineBreak(start[0]) { return letters(after + second.length, limit) }
            if second.kind <= ScalarKind.mark, start[0] == UInt8(ascii: " ") { return symbols(after + second.length, limit, slash: false) }
        }
        if first.kind == ScalarKind.space { return lines(start, limit, keepsTrailingSpace, &rescanned) }
        return symbols(after, limit, slash: false)
    }

    /// With `U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`, `W = [\p{Ll}\p{Lm}\p{Lo}\p{M}]` and the contraction `C = (?i:'s|'t|'re|'ve|'m|'ll|'d)?`:
    /// `[^\r\n\p{L}\p{N}]?U*W+C|[^\r\n\p{L}\p{N}]?U+W*C|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    private func gpt4o(_ start: Position, _ limit: Position, _ rescanned: inout Int) -> Position {
        let first = kinds.next(start)
        if first.kind == ScalarKind.number { return number(start + first.length, limit, 3) }
        let after = start + first.length
        // The optional character in front is taken if that leads to a match, else left: a mark may be either.
        if first.kind < ScalarKind.upper, !isLineBreak(start[0]) {
            if let end = endingLower(after, limit, &rescanned) { return contracted(end, limit) }
            if first.kind == ScalarKind.mark, let end = endingLower(start, limit, &rescanned) { return contracted(end, limit) }
            let end = run(after, limit, isUpper)
            if end > after { return contracted(end, limit) }
        } else if first.kind >= ScalarKind.upper {
            return contracted(endingLower(start, limit, &rescanned) ?? run(start, limit, isUpper), limit)
        }
        if start[0] == UInt8(ascii: " "), after < limit {
            let second = kinds.next(after)
            if second.kind <= ScalarKind.mark { return symbols(after + second.length, limit, slash: true) }
        }
        if first.kind == ScalarKind.space { return lines(start, limit, false, &rescanned) }
        return symbols(after, limit, slash: true)
    }

    // MARK: - Their parts

    @inline(__always)
    private func isLineBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    /// The end of the scalars from `start` on whose kind satisfies the condition.
    @inline(__always)
    private func run(_ start: Position, _ limit: Position, _ condition: (UInt8) -> Bool) -> Position {
        var position = start
        while position < limit {
            let next = kinds.next(position)
            guard condition(next.kind) else { break }
            position += next.length
        }
        return position
    }

    @inline(__always)
    private func letters(_ start: Position, _ limit: Position) -> Position {
        run(start, limit) { $0 >= ScalarKind.upper }
    }

    /// Up to `digits` numbers, one of which has been taken.
    @inline(__always)
    private func number(_ start: Position, _ limit: Position, _ digits: Int) -> Position {
        var position = start
        for _ in 1..<max(digits, 1) where position < limit {
            let next = kinds.next(position)
            guard next.kind == ScalarKind.number else { break }
            position += next.length
        }
        return position
    }

    /// `[^\s\p{L}\p{N}]*[\r\n]*`, or with `/` among the line breaks.
    @inline(__always)
    private func symbols(_ start: Position, _ limit: Position, slash: Bool) -> Position {
        var position = run(start, limit) { $0 <= ScalarKind.mark }
        while position < limit, isLineBreak(position[0]) || (slash && position[0] == UInt8(ascii: "/")) { position += 1 }
        return position
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`
    private func lines(_ start: Position, _ limit: Position, _ keepsTrailingSpace: Bool, _ rescanned: inout Int) -> Position {
        var position = start
        var afterBreak: Position?
        while position < limit {
            let next = kinds.next(position)
            guard next.kind == ScalarKind.space else { break }
            position += next.length
            if isLineBreak(position[-1]) { afterBreak = position }
        }
        if keepsTrailingSpace, position == limit { return limit }
        guard let afterBreak else { return lastApart(start, position, limit, &rescanned) }
        rescanned += position - afterBreak
        return afterBreak
    }

    /// `\s+(?!\S)|\s+`
    private func space(_ start: Position, _ limit: Position, _ rescanned: inout Int) -> Position {
        lastApart(start, run(start, limit) { $0 == ScalarKind.space }, limit, &rescanned)
    }

    /// White space before something else leaves its last character to it, unless that is its only one.
    private func lastApart(_ start: Position, _ end: Position, _ limit: Position, _ rescanned: inout Int) -> Position {
        guard end < limit else { return limit }
        var last = end - 1
        while last[0] & 0xC0 == 0x80 { last -= 1 }
        guard last > start else { return end }
        rescanned += end - last
        return last
    }

    /// The end of `'s`, `'t`, `'m`, `'d`, `'re`, `'ve` or `'ll`. Ignoring case, the long s (U+017F) is an s.
    private func contraction(_ start: Position, _ limit: Position, ignoringCase: Bool) -> Position? {
        guard start + 1 < limit else { return nil }
        let fold: UInt8 = ignoringCase ? 0x20 : 0
        let first = start[1]
        switch first | (first < 0x80 ? fold : 0) {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"): return start + 2 < limit && start[2] | fold == UInt8(ascii: "e") ? start + 3 : nil
        case UInt8(ascii: "l"): return start + 2 < limit && start[2] | fold == UInt8(ascii: "l") ? start + 3 : nil
        case 0xC5: return ignoringCase && start[2] == 0xBF ? start + 3 : nil
        default: return nil
        }
    }

    @inline(__always)
    private func contracted(_ end: Position, _ limit: Position) -> Position {
        guard end < limit, end[0] == UInt8(ascii: "'") else { return end }
        return contraction(end, limit, ignoringCase: true) ?? end
    }

    @inline(__always)
    private func isUpper(_ kind: UInt8) -> Bool { kind == ScalarKind.upper || kind == ScalarKind.otherLetter || kind == ScalarKind.mark }

    @inline(__always)
    private func isLower(_ kind: UInt8) -> Bool { kind == ScalarKind.lower || kind == ScalarKind.otherLetter || kind == ScalarKind.mark }

    /// `U*W+`: where U* has taken all that it can, W+ either goes on, or takes back up to the last scalar that is a W as well.
    private func endingLower(_ start: Position, _ limit: Position, _ rescanned: inout Int) -> Position? {
        var position = start
        var lastShared: Position?
        while position < limit {
            let next = kinds.next(position)
            guard isUpper(next.kind) else { break }
            position += next.length
            if next.kind != ScalarKind.upper { lastShared = position }
        }
        let end = run(position, limit, isLower)
        if end > position { return end }
        rescanned += position - (lastShared ?? start)
        return lastShared
    }
}

import TestSupport

/// The texts that `generated_texts.py` makes too, so that golden files hold hashes of ids only.
enum GeneratedText {
    /// Drawn from evenly over the ranges, then over the range.
    private static let pools: [[ClosedRange<UInt32>]] = [
        // words
        [0x61...0x7A],
        // mixed case
        [0x41...0x5A, 0x61...0x7A, 0xC0...0x24F],
        // digits
        [0x30...0x39],
        // punctuation
        [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
        // all white space, and what looks like it
        [
            0x20...0x20, 0x20...0x20, 0xA...0xA, 0xD...0xD, 0x9...0xC, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680,
            0x2000...0x200B, 0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF, 0x1C...0x1F,
            0x0...0x0,
        ],
        // combining marks
        [0x61...0x7A, 0x300...0x36F, 0x300...0x36F, 0x1AB0...0x1ACE, 0x1DC0...0x1DFF, 0x20D0...0x20F0],
        // Hangul, whole and in parts
        [0x1100...0x1112, 0x1161...0x1175, 0x11A7...0x11C2, 0xAC00...0xD7A3],
        // right to left
        [0x590...0x6FF, 0x700...0x74F, 0x8A0...0x8FF, 0xFB1D...0xFDFF, 0x200E...0x200F],
        // emoji
        [0x1F300...0x1F6FF, 0x1F900...0x1F9FF, 0x200D...0x200D, 0xFE0F...0xFE0F, 0x1F3FB...0x1F3FF, 0x1F1E6...0x1F1FF],
        // Chinese, Japanese
        [0x3040...0x30FF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x2F800...0x2FA1F, 0x3099...0x309A],
        // Indic and South-East Asian
        [0x900...0xDFF, 0xE00...0xFFF, 0x1000...0x109F],
        // Greek, Cyrillic
        [0x370...0x3FF, 0x1F00...0x1FFF, 0x400...0x52F, 0x345...0x345],
        // numbers
        [0x660...0x669, 0x2150...0x218B, 0x2460...0x249B, 0x966...0x96F, 0x1D7CE...0x1D7FF, 0xB2...0xB9],
        // anything
        [0x0...0xD7FF, 0xE000...0xFFFF, 0x10000...0x1FFFF, 0x20000...0x10FFFF],
        // lone surrogates, which UTF-8 cannot hold
        [0xD800...0xDFFF, 0x41...0x44],
    ]

    private static let words = [
        "'s", "'T", "'ll", "'VE", "'re", "'\u{17F}", "'m", "'D", "'", " the", " The", "The", " a", "\r\n", "\n\n", "  ", "\t", "http://",
        "/", "//\n", "HTTPServer", "\u{1C5}", "e\u{301}", "\u{344}", "\u{958}", "\u{1D16}0", "\u{1D160}", "<|im_start|>", "<tool_call>",
        "<|endoftext|>", "<|", "don't", "123456",
    ]

    /// Text `index` in UTF-8, except that surrogates are three bytes of their own.
    static func bytes(_ index: Int) -> [UInt8] {
        var random = SplitMix64(seed: UInt64(index))
        var bytes: [UInt8] = []
        for _ in 0..<1 + below(10, &random) {
            let kind = below(pools.count + 4, &random)
            if kind < pools.count {
                for _ in 0..<1 + below(10, &random) { append(scalar(pools[kind], &random), to: &bytes) }
            } else if kind < pools.count + 3 {
                bytes += words[below(words.count, &random)].utf8
            } else {
                let repeated = scalar(pools[below(pools.count, &random)], &random)
                for _ in 0..<1 + below(200, &random) { append(repeated, to: &bytes) }
            }
        }
        return bytes
    }

    private static func below(_ count: Int, _ random: inout SplitMix64) -> Int { Int(random.next() % UInt64(count)) }

    private static func scalar(_ pool: [ClosedRange<UInt32>], _ random: inout SplitMix64) -> UInt32 {
        let range = pool[below(pool.count, &random)]
        return range.lowerBound + UInt32(below(range.count, &random))
    }

    private static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        if let scalar = Unicode.Scalar(scalar) {
            bytes += String(scalar).utf8
        } else {
            bytes += [0xE0 | UInt8(scalar >> 12), 0x80 | UInt8(scalar >> 6 & 0x3F), 0x80 | UInt8(scalar & 0x3F)]
        }
    }
}

/// The order in which people number files: shard 2 before shard 10, a folder's files before the next folder's.
enum NaturalOrder {
    /// Whether `a` comes before `b`. Runs of digits compare as numbers; paths that differ only in leading zeros compare as text, so that the
    /// order is total.
    static func precedes(_ a: String, _ b: String) -> Bool {
        let left = Array(a.utf8), right = Array(b.utf8)
        var i = 0, j = 0
        while i < left.count, j < right.count {
            if isDigit(left[i]), isDigit(right[j]) {
                let x = number(in: left, from: &i), y = number(in: right, from: &j)
                if x.count != y.count { return x.count < y.count }
                if x != y { return x.lexicographicallyPrecedes(y) }
            } else {
                if left[i] != right[j] { return rank(left[i]) < rank(right[j]) }
                i += 1
                j += 1
            }
        }
        if left.count - i != right.count - j { return left.count - i < right.count - j }
        return left.lexicographicallyPrecedes(right)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// A separator sorts before every other byte, so that "a/b" comes before "a-b/c".
    private static func rank(_ byte: UInt8) -> Int { byte == UInt8(ascii: "/") ? -1 : Int(byte) }

    /// The digits at `index` without leading zeros; moves past them.
    private static func number(in text: [UInt8], from index: inout Int) -> ArraySlice<UInt8> {
        let start = index
        while index < text.count, isDigit(text[index]) { index += 1 }
        return text[start..<index].drop { $0 == UInt8(ascii: "0") }
    }
}

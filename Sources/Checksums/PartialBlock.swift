/// The bytes that a block hash has received but not yet hashed, because they do not fill a block.
struct PartialBlock<let size: Int>: Sendable {
    private var bytes = InlineArray<size, UInt8>(repeating: 0)
    /// How many bytes wait, always fewer than `size`.
    private(set) var count = 0
    /// How many bytes were fed in all.
    private(set) var total: UInt64 = 0

    /// Takes `input` and hands every block that is now complete to `consume`, several at once where they lie together in memory.
    @inline(__always)
    mutating func feed(_ input: UnsafeRawBufferPointer, consume: (UnsafeRawBufferPointer) -> Void) {
        total &+= UInt64(input.count)
        var start = 0
        if count > 0 {
            start = min(size - count, input.count)
            append(UnsafeRawBufferPointer(rebasing: input[..<start]))
            guard count == size else { return }
            withUnsafeBytes(of: bytes, consume)
            count = 0
        }
        let whole = (input.count - start) / size * size
        if whole > 0 {
            consume(UnsafeRawBufferPointer(rebasing: input[start..<start + whole]))
        }
        append(UnsafeRawBufferPointer(rebasing: input[(start + whole)...]))
    }

    /// Shows the waiting bytes.
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeBytes(of: bytes) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    private mutating func append(_ input: UnsafeRawBufferPointer) {
        for byte in input {
            bytes[count] = byte
            count += 1
        }
    }
}

/// Two lower-case hexadecimal digits a byte.
func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

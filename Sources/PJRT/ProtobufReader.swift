/// Reads the fields of a protocol buffer's wire format one by one. Malformed input ends the sequence.
struct ProtobufReader: Sequence, IteratorProtocol {
    /// One field's value as the wire gives it.
    enum Value {
        case int(Int)
        case bytes(ArraySlice<UInt8>)
        /// A fixed-width number, which nothing here reads.
        case fixed
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> (field: Int, value: Value)? {
        guard let key = varint() else { return nil }
        let field = Int(key >> 3)
        switch key & 7 {
        case 0: return varint().map { (field, .int(Int(truncatingIfNeeded: $0))) }
        case 1: return skip(8) ? (field, .fixed) : nil
        case 5: return skip(4) ? (field, .fixed) : nil
        case 2:
            guard let length = varint(), length <= UInt64(rest.count) else { return nil }
            defer { rest = rest.dropFirst(Int(length)) }
            return (field, .bytes(rest.prefix(Int(length))))
        default: return nil
        }
    }

    /// The numbers of a packed field's bytes.
    static func packed(_ bytes: ArraySlice<UInt8>) -> [Int] {
        var reader = ProtobufReader(bytes)
        var values: [Int] = []
        while let value = reader.varint() { values.append(Int(truncatingIfNeeded: value)) }
        return values
    }

    private mutating func skip(_ count: Int) -> Bool {
        guard rest.count >= count else { return false }
        rest = rest.dropFirst(count)
        return true
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}

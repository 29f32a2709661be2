/// Writes a protocol buffer's wire format: as much of it as XLA's compile options need.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ field: Int, int value: Int) {
        appendKey(field, wireType: 0)
        appendVarint(UInt64(bitPattern: Int64(value)))
    }

    mutating func append(_ field: Int, bool value: Bool) { append(field, int: value ? 1 : 0) }

    mutating func append(_ field: Int, double value: Double) {
        appendKey(field, wireType: 1)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func append(_ field: Int, string value: String) { append(field, bytes: Array(value.utf8)) }

    mutating func append(_ field: Int, packed values: [Int]) {
        var packed = ProtobufWriter()
        for value in values { packed.appendVarint(UInt64(bitPattern: Int64(value))) }
        append(field, bytes: packed.bytes)
    }

    mutating func append(_ field: Int, message fill: (inout ProtobufWriter) -> Void) {
        var message = ProtobufWriter()
        fill(&message)
        append(field, bytes: message.bytes)
    }

    private mutating func append(_ field: Int, bytes value: [UInt8]) {
        appendKey(field, wireType: 2)
        appendVarint(UInt64(value.count))
        bytes += value
    }

    private mutating func appendKey(_ field: Int, wireType: UInt64) { appendVarint(UInt64(field) << 3 | wireType) }

    private mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

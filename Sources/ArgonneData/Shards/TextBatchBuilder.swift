/// Collects documents into a `TextBatch`.
struct TextBatchBuilder {
    private(set) var bytes: [UInt8] = []
    private var offsets: [Int64] = [0]
    private var scores: [Double] = []
    private var scoreBits: [UInt8] = []

    var count: Int { offsets.count - 1 }

    /// Whether it holds as much as is read at a time.
    var isFull: Bool { count >= 512 || bytes.count >= 4 << 20 }

    /// Appends to the document that `endDocument` will close.
    mutating func append(_ text: UnsafeBufferPointer<UInt8>) { bytes.append(contentsOf: text) }

    /// Appends to the document that `endDocument` will close.
    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Closes the open document.
    mutating func endDocument(score: Double? = nil) {
        if count % 8 == 0 { scoreBits.append(0) }
        if score != nil { scoreBits[count / 8] |= 1 << UInt8(count % 8) }
        scores.append(score ?? 0)
        offsets.append(Int64(bytes.count))
    }

    /// The documents as a batch; nil where there are none.
    func finish() -> TextBatch? {
        guard count > 0 else { return nil }
        let text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = text.initialize(from: bytes)
        let ends = UnsafeMutableBufferPointer<Int64>.allocate(capacity: offsets.count)
        _ = ends.initialize(from: offsets)
        let values = UnsafeMutableBufferPointer<Double>.allocate(capacity: scores.count)
        _ = values.initialize(from: scores)
        let bits = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: scoreBits.count)
        _ = bits.initialize(from: scoreBits)
        guard let start = text.baseAddress, let firstEnd = ends.baseAddress, let firstScore = values.baseAddress else { return nil }
        return TextBatch(
            count: count, bytes: start, offsets: .wide(firstEnd),
            scores: (UnsafePointer(firstScore), TextBatch.Validity(bits: UnsafePointer(bits.baseAddress), first: 0))
        ) {
            text.deallocate()
            ends.deallocate()
            values.deallocate()
            bits.deallocate()
        }
    }
}

/// Consecutive documents of a shard as they were read: their UTF-8 bytes in one piece of memory, and a score each where one was asked for.
///
/// Immutable after it is made; the memory is freed with the last reference.
final class TextBatch: @unchecked Sendable {
    enum Offsets {
        case narrow(UnsafePointer<Int32>)
        case wide(UnsafePointer<Int64>)
    }

    /// An Arrow validity bitmap and the bit of row 0. Without bits every row is valid.
    struct Validity {
        var bits: UnsafePointer<UInt8>?
        var first: Int

        subscript(row: Int) -> Bool {
            guard let bits else { return true }
            return bits[(first + row) >> 3] >> UInt8((first + row) & 7) & 1 == 1
        }
    }

    let count: Int
    private let bytes: UnsafePointer<UInt8>?
    private let offsets: Offsets
    private let validity: Validity
    private let scores: (values: UnsafePointer<Double>, validity: Validity)?
    private let release: () -> Void

    /// - Parameters:
    ///   - bytes: may be nil where all rows are empty.
    ///   - offsets: row r is `bytes[offsets[r] ..< offsets[r + 1]]`.
    ///   - release: frees the memory.
    init(
        count: Int, bytes: UnsafePointer<UInt8>?, offsets: Offsets, validity: Validity = Validity(bits: nil, first: 0),
        scores: (values: UnsafePointer<Double>, validity: Validity)? = nil, release: @escaping () -> Void
    ) {
        self.count = count
        self.bytes = bytes
        self.offsets = offsets
        self.validity = validity
        self.scores = scores
        self.release = release
    }

    deinit { release() }

    /// The bytes of a row, empty where it is null; valid as long as the batch is.
    func text(at row: Int) -> UnsafeBufferPointer<UInt8> {
        guard let bytes, validity[row] else { return UnsafeBufferPointer(start: nil, count: 0) }
        let range =
            switch offsets {
            case .narrow(let offsets): Int(offsets[row])..<Int(offsets[row + 1])
            case .wide(let offsets): Int(offsets[row])..<Int(offsets[row + 1])
            }
        return UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count)
    }

    /// The score of a row, nil where it is null or none was asked for.
    func score(at row: Int) -> Double? {
        guard let scores, scores.validity[row] else { return nil }
        return scores.values[row]
    }
}

/// A batch that is being filled, row after row.
struct PartialBatch {
    private let shape: BatchShape
    private let width: Int
    private let padding: Int32
    private let hasLabels: Bool
    private var tokens: [Int32]
    private var segments: [Int32]?
    /// Tokens of the rows that are complete, and of the one that is being filled.
    private var lengths: [Int] = []
    private var filled = 0

    /// - Parameter hasLabels: whether labels are given even where every target counts.
    init(shape: BatchShape, padding: Int32, hasSegments: Bool, hasLabels: Bool) {
        self.shape = shape
        self.padding = padding
        self.hasLabels = hasLabels
        width = shape.sequenceLength + 1
        tokens = [Int32](repeating: padding, count: shape.rows * width)
        segments = hasSegments ? [Int32](repeating: 0, count: shape.rows * width) : nil
    }

    /// Whether no row is complete.
    var isEmpty: Bool { lengths.isEmpty }

    /// Appends tokens of a document to the row.
    mutating func append(_ document: TokenDocument, _ range: Range<Int>, segment: Int32) {
        let start = lengths.count * width + filled
        tokens.withUnsafeMutableBufferPointer { tokens in
            guard let base = tokens.baseAddress, start + range.count <= tokens.count else { return }
            document.copy(range, to: base + start)
        }
        if segment > 0 { segments?.withUnsafeMutableBufferPointer { $0[start..<start + range.count].update(repeating: segment) } }
        filled += range.count
    }

    /// Begins the next row.
    mutating func endRow() {
        lengths.append(filled)
        filled = 0
    }

    /// The batch: what is missing in a row, or a row that is missing, is padding, a segment of its own, without targets.
    consuming func finish(position: DataPosition) -> Batch {
        lengths += [Int](repeating: 0, count: shape.rows - lengths.count)
        var labels: [Int32]?
        if hasLabels || lengths.contains(where: { $0 < width }) {
            labels = []
            labels?.reserveCapacity(shape.rows * shape.sequenceLength)
        }
        for (row, length) in lengths.enumerated() {
            let start = row * width
            let missing = start + length..<start + width
            let segment = length > 0 ? segments.map { $0[start + length - 1] + 1 } : 0
            tokens.withUnsafeMutableBufferPointer { $0[missing].update(repeating: padding) }
            if let segment { segments?.withUnsafeMutableBufferPointer { $0[missing].update(repeating: segment) } }
            labels?.append(contentsOf: tokens[start + 1..<start + max(length, 1)])
            labels?.append(contentsOf: repeatElement(Batch.ignoredLabel, count: width - max(length, 1)))
        }
        return Batch(shape: shape, tokens: tokens, segments: segments, labels: labels, position: position)
    }
}

/// Rows of tokens for one training step, and where the next batch begins.
public struct Batch: Sendable, Equatable {
    /// The label of a target that the loss leaves out.
    public static let ignoredLabel: Int32 = -100

    /// Rows × T.
    public var shape: BatchShape
    /// Row-major, rows × (T + 1): inputs are the first T of a row, targets the last T.
    public var tokens: [Int32]
    /// Rows × (T + 1), where a document mask was asked for: tokens attend to each other only where theirs are equal. They count up from 0 in
    /// every row.
    public var segments: [Int32]?
    /// Rows × T, where some targets are to be left out (`ignoredLabel`): padding. Where nil every target counts.
    public var labels: [Int32]?
    /// Where the next batch begins.
    public var position: DataPosition

    /// Rows × T: `labels`, or the targets themselves where none is left out.
    public var targets: [Int32] {
        if let labels { return labels }
        let width = shape.sequenceLength + 1
        return [Int32](unsafeUninitializedCapacity: shape.rows * shape.sequenceLength) { targets, count in
            for row in 0..<shape.rows {
                for column in 0..<shape.sequenceLength {
                    targets[row * shape.sequenceLength + column] = tokens[row * width + column + 1]
                }
            }
            count = shape.rows * shape.sequenceLength
        }
    }

    /// Targets that count.
    public var targetCount: Int {
        labels.map { $0.reduce(0) { $1 == Self.ignoredLabel ? $0 : $0 + 1 } } ?? shape.rows * shape.sequenceLength
    }

    /// The rows of one data-parallel rank: a run of rows, disjoint from the other ranks' and together with them the whole batch. Since the
    /// batch does not depend on the number of ranks, neither does what is read in a run.
    ///
    /// - Precondition: `ranks` divides the rows, and `rank` is one of them.
    public func part(_ rank: Int, of ranks: Int) -> Batch {
        precondition(ranks > 0 && shape.rows % ranks == 0 && (0..<ranks).contains(rank), "rows must divide by the ranks")
        let rows = shape.rows / ranks
        func slice(_ values: [Int32], _ width: Int) -> [Int32] { Array(values[rank * rows * width..<(rank + 1) * rows * width]) }
        return Batch(
            shape: BatchShape(rows: rows, sequenceLength: shape.sequenceLength), tokens: slice(tokens, shape.sequenceLength + 1),
            segments: segments.map { slice($0, shape.sequenceLength + 1) }, labels: labels.map { slice($0, shape.sequenceLength) },
            position: position)
    }
}

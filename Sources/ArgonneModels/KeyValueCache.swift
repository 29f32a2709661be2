import PJRT
import StableHLO

/// Keys and values of the tokens that have been read, for generating further ones. The model's forward pass replaces them by what they
/// are afterwards.
///
/// Shapes: B rows, each with S slots for the tokens of one sequence; K key/value heads of one device, H head dimension. A pass reads the
/// next T tokens of all rows, or of one.
public final class KeyValueCache {
    /// For each block, keys [B, K, S, H].
    public private(set) var keys: [Value]
    /// For each block, values of the same shape.
    public private(set) var values: [Value]
    /// How many tokens each sequence of the pass holds already, int32: [B], or [1] for a pass over one row.
    private let lengths: Value
    private let row: Row?

    /// The row that a pass is about, where it is not about all.
    public struct Row {
        /// Its number, int32 scalar.
        public let index: Value
        /// Whether anything is written, a boolean scalar; nil where it always is.
        public let isWritten: Value?

        /// A row.
        public init(_ index: Value, isWritten: Value? = nil) {
            self.index = index
            self.isWritten = isWritten
        }
    }

    /// A cache from the program's parameters.
    public init(keys: [Value], values: [Value], lengths: Value, row: Row? = nil) {
        self.keys = keys
        self.values = values
        self.lengths = lengths
        self.row = row
    }

    /// Attention of a block's new tokens to all that have been read and to each other: q [B, T, N, H], k and v [B, T, K, H]; [B, T, N·H].
    func attention(_ q: Value, _ k: Value, _ v: Value, block: Int, window: Int? = nil) -> Value {
        keys[block] = appending(k, to: keys[block])
        values[block] = appending(v, to: values[block])
        return Attention.cached(q, read(keys[block]), read(values[block]), visible: visible(q.shape[1], window: window))
    }

    /// Writes x [B, T, K, H] of new tokens into the slots behind the others.
    private func appending(_ x: Value, to store: Value) -> Value {
        let x_BKTH = x.transposed([0, 2, 1, 3])
        var store = store
        for sequence in 0..<x.shape[0] {
            let start = start(row?.index ?? x.graph.constant(Double(sequence), .i32), lengths.sliced(0, sequence..<(sequence + 1)).reshaped([]))
            var part = x_BKTH.sliced(0, sequence..<(sequence + 1))
            if let isWritten = row?.isWritten { part = select(isWritten, part, store.sliced(at: start, sizes: part.shape)) }
            store = store.updating(part, at: start)
        }
        return store
    }

    private func start(_ row: Value, _ slot: Value) -> [Value] {
        let zero = row.graph.constant(0, .i32)
        return [row, zero, slot, zero]
    }

    /// The rows that the pass is about.
    private func read(_ store: Value) -> Value {
        guard let row else { return store }
        return store.sliced(at: start(row.index, store.graph.constant(0, .i32)), sizes: [1] + store.shape.dropFirst())
    }

    /// Positions [B, T] of the next `count` tokens.
    func positions(_ count: Int) -> Value {
        let B = lengths.shape[0]
        return lengths.reshaped([B, 1]) + lengths.graph.iota([B, count], along: 1)
    }

    /// Which slots [B, T, S] each of the next `count` tokens sees.
    private func visible(_ count: Int, window: Int?) -> Value {
        let (B, S) = (lengths.shape[0], keys[0].shape[2])
        let slot = lengths.graph.iota([B, count, S], along: 2)
        let position = positions(count).reshaped([B, count, 1])
        let visible = slot .<= position
        return window.map { visible & (slot .> position - Double($0)) } ?? visible
    }
}

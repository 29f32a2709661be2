import PJRT
import StableHLO

/// Keys and values of the tokens that have been read, for generating further ones. The model's forward pass replaces them by what they
/// are afterwards.
///
/// Shapes: B rows, each with S slots for the tokens of one sequence; K key/value heads of one device, H head dimension. A pass reads the
/// next T tokens of all rows, or of one. Rows and heads are one dimension: with two, XLA's CPU compiler reshapes a single row and copies
/// the whole cache for it.
public final class KeyValueCache {
    /// For each block, keys [B·K, H, S]: scores are sums along H, which are fast where the slots lie side by side.
    public private(set) var keys: [Value]
    /// For each block, values [B·K, S, H].
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
        let heads = k.shape[2]
        keys[block] = appending(k.transposed([0, 2, 3, 1]), to: keys[block], slots: 2)
        values[block] = appending(v.transposed([0, 2, 1, 3]), to: values[block], slots: 1)
        return Attention.cached(
            q, read(keys[block], heads: heads), read(values[block], heads: heads), visible: visible(q.shape[1], window: window))
    }

    /// Writes what new tokens add, [B, K, …] as the store is laid out, into the slots behind the others.
    private func appending(_ new: Value, to store: Value, slots dimension: Int) -> Value {
        var store = store
        for sequence in 0..<new.shape[0] {
            var start = origin(row?.index ?? new.graph.constant(Double(sequence), .i32), heads: new.shape[1])
            start[dimension] = lengths.sliced(0, sequence..<(sequence + 1)).reshaped([])
            var part = new.sliced(0, sequence..<(sequence + 1)).reshaped(Array(new.shape.dropFirst()))
            if let isWritten = row?.isWritten { part = select(isWritten, part, store.sliced(at: start, sizes: part.shape)) }
            store = store.updating(part, at: start)
        }
        return store
    }

    /// The rows that the pass is about.
    private func read(_ store: Value, heads: Int) -> Value {
        guard let row else { return store }
        return store.sliced(at: origin(row.index, heads: heads), sizes: [heads] + store.shape.dropFirst())
    }

    /// Where a row begins.
    private func origin(_ row: Value, heads: Int) -> [Value] {
        let zero = row.graph.constant(0, .i32)
        return [row * Double(heads), zero, zero]
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

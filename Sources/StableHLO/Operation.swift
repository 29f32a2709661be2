/// One kind of operation: its shape rule, its text and its vector-Jacobian product.
///
/// A new operation is one type that conforms to this protocol and one function that adds it to a graph.
protocol Operation {
    /// The name in messages and, where `write` is not overridden, in StableHLO.
    var name: String { get }

    /// The shape rule: types of the results, given those of the operands.
    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType]

    /// Attributes in MLIR syntax without braces, for the default `write`.
    var attributes: String { get }

    /// Writes the operation as StableHLO text.
    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String]

    /// Cotangents of the operands, given those of the results. `nil` stands for zero.
    func pullback(_ context: Pullback) -> [Value?]

    /// What it costs a backward pass to compute the results again instead of keeping them.
    var cost: OperationCost { get }

    /// Whether the text has nothing for it: its result is its first operand.
    var isAlias: Bool { get }
}

extension Operation {
    var attributes: String { "" }
    var cost: OperationCost { .reduction }
    var isAlias: Bool { false }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        writer.emit("stablehlo." + name, operands, attributes: attributes, node)
    }
}

/// What a vector-Jacobian rule has to work with.
struct Pullback {
    /// Where the rule adds its operations.
    let graph: Graph
    let operands: [Value]
    let results: [Value]
    /// A cotangent for each result; at least one is not nil.
    let cotangents: [Value?]
    /// Which operands need a cotangent. A rule may leave the others nil.
    let isNeeded: [Bool]
    /// Replaces the operation by one with further results, and returns all results.
    let extend: (any Operation) -> [Value]

    /// The cotangent of the only result.
    var cotangent: Value {
        guard let first = cotangents.first, let value = first else {
            preconditionFailure("a pullback is only called with a cotangent")
        }
        return value
    }
    var x: Value { operands[0] }
    var y: Value { results[0] }
}

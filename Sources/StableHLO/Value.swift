import PJRT

/// A tensor in a program: the result of an operation, with a static shape and element type.
///
/// Arithmetic broadcasts as NumPy does: shapes are aligned at their last dimension, and a size of 1 stretches. Element types never
/// convert by themselves.
public struct Value: Equatable {
    /// The program that this value belongs to.
    public let graph: Graph
    let id: Graph.ValueID
    /// Shape and element type.
    public let type: TensorType

    /// Sizes of the dimensions, outermost first.
    public var shape: [Int] { type.shape }
    /// The type of one element.
    public var element: ElementType { type.element }
    /// Number of dimensions.
    public var rank: Int { type.rank }

    /// Whether both are the same result of the same operation.
    public static func == (a: Value, b: Value) -> Bool { a.graph === b.graph && a.id == b.id }

    /// Adds an operation over this value and others, in the innermost graph among theirs.
    static func add(
        _ operation: any Operation, _ operands: [Value], _ file: StaticString? = nil, _ line: UInt = 0
    ) -> [Value] {
        var graph = operands[0].graph
        for operand in operands.dropFirst() where operand.graph.depth > graph.depth { graph = operand.graph }
        return graph.add(operation, operands, file.map { SourceLocation(file: $0, line: line) })
    }

    /// A constant beside this value: in its graph, of its element type, a scalar.
    func constant(_ number: Double) -> Value { graph.constant(number, element) }

    /// A dimension counted from the front, or from the back where negative.
    func dimension(_ index: Int) -> Int { index < 0 ? rank + index : index }
}

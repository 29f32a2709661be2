import PJRT

/// A loop over the first dimension of some tensors, with values carried from one turn to the next.
///
/// Operands: captured values, initial carried values, tensors to walk over. Results: final carried values, then for each of the body's further
/// outputs its values of all turns, stacked.
struct Scan: Operation {
    let body: Graph
    let carried: [Graph.ValueID]
    let walked: [Graph.ValueID]
    let length: Int
    let isReversed: Bool
    let recomputation: Recomputation

    var name: String { "scan" }
    var captured: [Graph.ValueID] { body.captures.map(\.inner) }

    func type(_ id: Graph.ValueID) -> TensorType { body.value(id).type }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        for (index, id) in carried.enumerated() {
            let (before, after) = (type(id), type(body.outputs[index]))
            guard before == after else { throw ShapeError("carried value \(index) goes in as \(before) and comes out as \(after)") }
        }
        return carried.map(type)
            + body.outputs.dropFirst(carried.count).map { TensorType([length] + type($0).shape, type($0).element) }
    }

    /// A kernel that leaves its result as it is: every row of a stack is written before it is read.
    private static let uninitialized = "argonne_uninitialized"

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        let index = TensorType([], .i32)
        let operandTypes = node.operands.map(writer.type(of:))
        let stacks = Array(node.types.dropFirst(carried.count))
        let buffers = stacks.enumerated().map { number, type in
            guard writer.kernels.contains(Self.uninitialized) else { return writer.constant(0, type) }
            // Each has a number, lest XLA take them for one and copy it.
            let call = CustomCall(
                target: Self.uninitialized, results: [type], configuration: .typed("number = \(number) : i64"), layouts: nil)
            return writer.emit("stablehlo.custom_call", [], attributes: call.attributes, types: ([], [type]))[0]
        }
        let state = [writer.constant(0, index)] + operands + buffers
        let types = [index] + operandTypes + stacks

        let results = writer.emit(
            "stablehlo.while", state,
            region: .custom([
                (
                    types,
                    { writer, arguments in
                        let flag = TensorType([], .bool)
                        let end = writer.constant(length, index)
                        let more = writer.emit(
                            "stablehlo.compare", [arguments[0], end],
                            attributes: "comparison_direction = #stablehlo<comparison_direction LT>",
                            types: ([index, index], [flag]))
                        writer.finish(more, [flag])
                    }
                ),
                (types, { writer, arguments in writeTurn(node, arguments, types, to: &writer) }),
            ]), types: (types, types), scope: node.scope)
        let firstCarried = 1 + captured.count
        let firstStack = 1 + operands.count
        return Array(results[firstCarried..<(firstCarried + carried.count)]) + results[firstStack...]
    }

    private func writeTurn(_ node: Graph.Node, _ arguments: [String], _ types: [TensorType], to writer: inout ProgramWriter) {
        let index = TensorType([], .i32)
        let zero = writer.constant(0, index)
        var place = arguments[0]
        if isReversed {
            place = writer.emit("stablehlo.subtract", [writer.constant(length - 1, index), place], types: ([index, index], [index]))[0]
        }
        let starts = { (rank: Int) in [place] + Array(repeating: zero, count: rank - 1) }

        var inner: [Graph.ValueID: String] = [:]
        for (position, id) in (captured + carried).enumerated() { inner[id] = arguments[1 + position] }
        for (position, id) in walked.enumerated() {
            let argument = 1 + captured.count + carried.count + position
            let (whole, one) = (types[argument], type(id))
            let row = TensorType([1] + one.shape, one.element)
            let slice = writer.emit(
                "stablehlo.dynamic_slice", [arguments[argument]] + starts(whole.rank), attributes: "slice_sizes = \(mlir(row.shape))",
                types: ([whole] + Array(repeating: index, count: whole.rank), [row]))
            inner[id] = writer.emit("stablehlo.reshape", slice, types: ([row], [one]))[0]
        }
        let outputs = writer.inline(body, inner)

        let next = writer.emit("stablehlo.add", [arguments[0], writer.constant(1, index)], types: ([index, index], [index]))[0]
        var state = arguments
        state[0] = next
        for position in carried.indices { state[1 + captured.count + position] = outputs[position] }
        for (position, output) in outputs.dropFirst(carried.count).enumerated() {
            let argument = 1 + node.operands.count + position
            let whole = types[argument]
            let single = type(body.outputs[carried.count + position])
            let row = TensorType([1] + single.shape, single.element)
            let shaped = writer.emit("stablehlo.reshape", [output], types: ([single], [row]))
            state[argument] =
                writer.emit(
                    "stablehlo.dynamic_update_slice", [arguments[argument]] + shaped + starts(whole.rank),
                    types: ([whole, row] + Array(repeating: index, count: whole.rank), [whole]))[0]
        }
        writer.finish(state, types)
    }
}

extension Graph {
    /// Repeats `body` for each row of some tensors, or `length` times.
    ///
    /// The program holds the body once, so the time to compile does not grow with the number of turns. The body may use values from around it.
    /// - Parameters:
    ///   - carry: values before the first turn; the body maps them to values of the same types.
    ///   - tensors: the body gets one row, along the first dimension, of each.
    ///   - length: number of turns; needed only where there are no tensors.
    ///   - isReversed: from the last row to the first; stacked results are in the rows' order all the same.
    ///   - recomputation: what a backward pass computes again instead of keeping it for each turn.
    ///   - body: maps carried values and rows to the carried values of the next turn, and values to stack.
    /// - Returns: the carried values after the last turn, and the stacked values with a new first dimension.
    public func scan(
        carry: [Value], over tensors: [Value] = [], length: Int? = nil, isReversed: Bool = false, _ recomputation: Recomputation = .none,
        _ file: StaticString = #fileID, _ line: UInt = #line, body: (Graph, [Value], [Value]) -> (carry: [Value], stacked: [Value])
    ) -> (carried: [Value], stacked: [Value]) {
        let turns = length ?? tensors.first?.shape.first ?? 0
        if turns < 1 || tensors.contains(where: { $0.shape.first != turns }) {
            fail("scan: \(tensors.map(\.type.description)) do not all have the same rows, one at least", file, line)
        }
        let inner = Graph(parent: self)
        let place = SourceLocation(file: file, line: line)
        let carried = carry.map { inner.addParameter($0.type, place) }
        let rows = tensors.map { inner.addParameter(TensorType(Array($0.shape.dropFirst()), $0.element), place) }
        let results = body(inner, carried, rows)
        func guess() -> (carried: [Value], stacked: [Value]) {
            (carry, results.stacked.map { zeros(TensorType([turns] + $0.shape, $0.element)) })
        }
        guard results.carry.count == carry.count else {
            fail("scan: \(carry.count) carried values go in and \(results.carry.count) come out", file, line)
            return guess()
        }
        inner.finish(results.carry + results.stacked)
        let operation = Scan(
            body: inner, carried: carried.map(\.id), walked: rows.map(\.id), length: turns, isReversed: isReversed,
            recomputation: recomputation)
        let all = add(operation, inner.captures.map(\.outer) + carry + tensors, place)
        guard all.count == results.carry.count + results.stacked.count else { return guess() }
        return (Array(all.prefix(carry.count)), Array(all.dropFirst(carry.count)))
    }
}

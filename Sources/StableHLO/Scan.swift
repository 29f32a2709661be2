import PJRT

/// What a backward pass finds kept from the forward pass; the rest it computes again.
public enum Recomputation: String, Sendable, CaseIterable, Codable {
    /// Everything that the backward pass reads is kept: fastest, most memory.
    case none
    /// Results of matrix products and of custom calls are kept.
    case dots
    /// Only the inputs of each block are kept.
    case block

    func keeps(_ operation: any Operation) -> Bool {
        switch self {
        case .none: !operation.isCheap
        case .dots: operation.isProduct
        case .block: false
        }
    }
}

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
    /// A scan is never replaced by its kept results: its own backward pass extends it.
    var isCheap: Bool { true }
    private var captured: [Graph.ValueID] { body.captures.map(\.inner) }

    func copy() -> Scan {
        Scan(
            body: body.copy(), carried: carried, walked: walked, length: length, isReversed: isReversed, recomputation: recomputation)
    }

    private func type(_ id: Graph.ValueID) -> TensorType { body.value(id).type }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        for (index, id) in carried.enumerated() {
            let (before, after) = (type(id), type(body.outputs[index]))
            guard before == after else { throw ShapeError("carried value \(index) goes in as \(before) and comes out as \(after)") }
        }
        return carried.map(type)
            + body.outputs.dropFirst(carried.count).map { TensorType([length] + type($0).shape, type($0).element) }
    }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        let index = TensorType([], .i32)
        let operandTypes = node.operands.map(writer.type(of:))
        let stacks = Array(node.types.dropFirst(carried.count))
        let zero = writer.emit("stablehlo.constant", [], attributes: "value = dense<0> : \(index)", types: ([], [index]))[0]
        let buffers = stacks.map { type in
            let scalar = TensorType([], type.element)
            let start = writer.emit(
                "stablehlo.constant", [], attributes: "value = dense<\(type.element.literal(0))> : \(scalar)", types: ([], [scalar]))[0]
            return writer.emit("stablehlo.broadcast_in_dim", [start], attributes: "broadcast_dimensions = array<i64>", types: ([scalar], [type]))[0]
        }
        let state = [zero] + operands + buffers
        let types = [index] + operandTypes + stacks

        let results = writer.emit(
            "stablehlo.while", state,
            region: .custom([
                (
                    types,
                    { writer, arguments in
                        let flag = TensorType([], .bool)
                        let end = writer.emit(
                            "stablehlo.constant", [], attributes: "value = dense<\(length)> : \(index)", types: ([], [index]))[0]
                        let more = writer.emit(
                            "stablehlo.compare", [arguments[0], end], attributes: "comparison_direction = #stablehlo<comparison_direction LT>",
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
        let constant = { (writer: inout ProgramWriter, n: Int) in
            writer.emit("stablehlo.constant", [], attributes: "value = dense<\(n)> : \(index)", types: ([], [index]))[0]
        }
        let one = constant(&writer, 1)
        let zero = constant(&writer, 0)
        var place = arguments[0]
        if isReversed {
            let last = constant(&writer, length - 1)
            place = writer.emit("stablehlo.subtract", [last, place], types: ([index, index], [index]))[0]
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

        let next = writer.emit("stablehlo.add", [arguments[0], one], types: ([index, index], [index]))[0]
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

    func pullback(_ c: Pullback) -> [Value?] {
        let graph = c.x.graph
        let firstWalked = captured.count + carried.count
        let isWanted = c.operands.indices.map { c.isNeeded[$0] && c.operands[$0].element.isFloatingPoint }
        // Every carried number gets a cotangent carried back, wanted or not: what it starts from may not matter, what it becomes does.
        let carriedBack = carried.indices.filter { type(carried[$0]).element.isFloatingPoint }
        let capturedWanted = captured.indices.filter { isWanted[$0] }
        let walkedWanted = walked.indices.filter { isWanted[firstWalked + $0] }
        let targets = carriedBack.map { carried[$0] } + capturedWanted.map { captured[$0] } + walkedWanted.map { walked[$0] }

        let outputs = Array(body.outputs.prefix(c.cotangents.count))
        let stacked = outputs.indices.filter { $0 >= carried.count && c.cotangents[$0] != nil }
        let start =
            carriedBack.map { c.cotangents[$0] ?? graph.zeros(type(carried[$0])) } + capturedWanted.map { graph.zeros(type(captured[$0])) }

        /// The backward loop, given stacks of the values that the forward turns kept. Also tells which of them it reads.
        func loop(in graph: Graph, _ kept: [(id: Graph.ValueID, stack: Value)]) -> (carried: [Value], stacked: [Value], read: [Int]) {
            var read: [Int] = []
            let rows = kept.map(\.stack) + c.operands.dropFirst(firstWalked) + stacked.compactMap { c.cotangents[$0] }
            let results = graph.scan(carry: start, over: rows, length: length, isReversed: !isReversed, .none) { target, back, rows in
                var known: [Graph.ValueID: Value] = [:]
                for (id, operand) in zip(captured, c.operands) { known[id] = target.imported(operand) }
                for (id, row) in zip(kept.map(\.id) + walked, rows) { known[id] = row }
                var cotangents: [Value?] = outputs.map { _ in nil }
                for (position, index) in carriedBack.enumerated() { cotangents[index] = back[position] }
                for (index, row) in zip(stacked, rows.dropFirst(kept.count + walked.count)) { cotangents[index] = row }

                let transplant = Transplant(of: body, into: target, known: known)
                let found = body.pullback(of: outputs, cotangents, to: targets, at: transplant.value)
                let full = zip(found, targets).map { $0 ?? target.zeros(type($1)) }
                let sums = capturedWanted.indices.map { i in found[carriedBack.count + i].map { back[carriedBack.count + i] + $0 } ?? back[carriedBack.count + i] }
                let carry = Array(full.prefix(carriedBack.count)) + sums
                let walkedFound = Array(full.dropFirst(carriedBack.count + capturedWanted.count))

                let live = target.liveNodes(from: (carry + walkedFound).map { target.imported($0).id })
                read = kept.indices.filter { live[rows[$0].id.node] }
                return (carry, walkedFound)
            }
            return (results.carried, results.stacked, read)
        }

        // A rehearsal in a graph that is thrown away finds which values the backward turns read; only those are kept.
        let rehearsal = Graph(parent: graph)
        let live = body.liveNodes(from: outputs)
        let candidates = body.nodes.indices.filter { live[$0] && recomputation.keeps(body.nodes[$0].operation) }.flatMap { node in
            body.nodes[node].types.indices.map { Graph.ValueID(node: node, result: $0) }
        }
        let everything = (carried + candidates).map { ($0, rehearsal.zeros(TensorType([length] + type($0).shape, type($0).element))) }
        let kept = loop(in: rehearsal, everything).read.map { everything[$0].0 }
        let found = loop(in: graph, Array(zip(kept, graph.extend(scan: c.y.id.node, stacking: kept))))

        var cotangents: [Value?] = c.operands.map { _ in nil }
        for (position, index) in carriedBack.enumerated() { cotangents[captured.count + index] = found.carried[position] }
        for (position, index) in capturedWanted.enumerated() { cotangents[index] = found.carried[carriedBack.count + position] }
        for (position, index) in walkedWanted.enumerated() { cotangents[firstWalked + index] = found.stacked[position] }
        return cotangents
    }
}

extension Graph {
    func zeros(_ type: TensorType) -> Value { constant(0, type.element, shape: type.shape) }

    /// Makes a scan of this graph give further values of its body, stacked over its turns.
    fileprivate func extend(scan node: Int, stacking ids: [ValueID]) -> [Value] {
        guard let scan = nodes[node].operation as? Scan else { preconditionFailure("node \(node) is not a scan") }
        return ids.map { id in
            let type = scan.body.value(id).type
            scan.body.outputs.append(id)
            nodes[node].types.append(TensorType([scan.length] + type.shape, type.element))
            return value(ValueID(node: node, result: nodes[node].types.count - 1))
        }
    }

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
        guard tensors.allSatisfy({ $0.shape.first == turns }) else {
            fail("scan: \(tensors.map(\.type)) do not all have \(turns) rows", file, line)
            return (carry, [])
        }
        let inner = Graph(parent: self)
        let carried = carry.map { inner.addParameter($0.type) }
        let rows = tensors.map { inner.addParameter(TensorType(Array($0.shape.dropFirst()), $0.element)) }
        let results = body(inner, carried, rows)
        guard results.carry.count == carry.count else {
            fail("scan: \(carry.count) carried values go in and \(results.carry.count) come out", file, line)
            return (carry, [])
        }
        inner.outputs = (results.carry + results.stacked).map { inner.imported($0).id }
        let operation = Scan(
            body: inner, carried: carried.map(\.id), walked: rows.map(\.id), length: turns, isReversed: isReversed, recomputation: recomputation)
        let all = add(operation, inner.captures.map(\.outer) + carry + tensors, file, line)
        guard all.count == results.carry.count + results.stacked.count else { return (carry, results.stacked) }
        return (Array(all.prefix(carry.count)), Array(all.dropFirst(carry.count)))
    }
}

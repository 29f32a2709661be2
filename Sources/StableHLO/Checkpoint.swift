import PJRT

/// A body whose backward pass computes it again instead of keeping its values. Operands: captured values.
struct Checkpoint: Operation {
    let body: Graph
    let recomputation: Recomputation
    var name: String { "checkpoint" }
    var isCheap: Bool { true }
    private var captured: [Graph.ValueID] { body.captures.map(\.inner) }

    func copy() -> Checkpoint { Checkpoint(body: body.copy(), recomputation: recomputation) }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { body.outputs.map { body.value($0).type } }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        writer.inline(body, Dictionary(uniqueKeysWithValues: zip(captured, operands)))
    }

    func pullback(_ c: Pullback) -> [Value?] {
        let graph = c.x.graph
        let outputs = Array(body.outputs.prefix(c.cotangents.count))
        let live = body.liveNodes(from: outputs)
        let kept = body.nodes.indices.filter { live[$0] && recomputation.keeps(body.nodes[$0].operation) }.flatMap { node in
            body.nodes[node].types.indices.map { Graph.ValueID(node: node, result: $0) }
        }
        let values = graph.extend(checkpoint: c.y.id.node, with: kept)

        // Without the barrier XLA would find that the second computation equals the first, and keep its values.
        let guarded = Value.add(Barrier(), c.operands + c.cotangents.compactMap { $0 })
        var known: [Graph.ValueID: Value] = [:]
        for (id, value) in zip(captured, guarded) { known[id] = value }
        for (id, value) in zip(kept, values) { known[id] = value }
        var rest = guarded.dropFirst(c.operands.count).makeIterator()
        let cotangents = c.cotangents.map { $0 == nil ? nil : rest.next() }
        let wanted = captured.indices.filter { c.isNeeded[$0] && c.operands[$0].element.isFloatingPoint }
        let transplant = Transplant(of: body, into: graph, known: known)
        let found = body.pullback(of: outputs, cotangents, to: wanted.map { captured[$0] }, at: transplant.value)
        var result: [Value?] = c.operands.map { _ in nil }
        for (index, cotangent) in zip(wanted, found) { result[index] = cotangent }
        return result
    }
}

/// Values passed on unchanged, which the compiler may not look through.
struct Barrier: Operation {
    var name: String { "optimization_barrier" }
    var isCheap: Bool { true }
    func resultTypes(_ operands: [TensorType]) -> [TensorType] { operands }
    func pullback(_ c: Pullback) -> [Value?] { c.cotangents }
}

extension Graph {
    /// Runs `body` on some values such that a backward pass computes its inner values again instead of keeping them, as far as
    /// `recomputation` says. The body may use other values too, but only what depends on the given ones is computed again.
    public func checkpoint(
        _ inputs: [Value], _ recomputation: Recomputation = .block, _ file: StaticString = #fileID, _ line: UInt = #line,
        body: ([Value]) -> [Value]
    ) -> [Value] {
        let inner = Graph(parent: self)
        inner.outputs = body(inputs.map(inner.imported)).map { inner.imported($0).id }
        return add(Checkpoint(body: inner, recomputation: recomputation), inner.captures.map(\.outer), file, line)
    }

    fileprivate func extend(checkpoint node: Int, with ids: [ValueID]) -> [Value] {
        guard let checkpoint = nodes[node].operation as? Checkpoint else { preconditionFailure("node \(node) is not a checkpoint") }
        return ids.map { id in
            checkpoint.body.outputs.append(id)
            nodes[node].types.append(checkpoint.body.value(id).type)
            return value(ValueID(node: node, result: nodes[node].types.count - 1))
        }
    }
}

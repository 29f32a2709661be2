import PJRT

/// A body whose backward pass computes it again instead of keeping its values. Operands: captured values.
struct Checkpoint: Operation {
    let body: Graph
    let recomputation: Recomputation
    var name: String { "checkpoint" }
    private var captured: [Graph.ValueID] { body.captures.map(\.inner) }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { body.outputs.map { body.value($0).type } }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        writer.inline(body, Dictionary(uniqueKeysWithValues: zip(captured, operands)))
    }

    func pullback(_ c: Pullback) -> [Value?] {
        let wanted = captured.indices.filter { c.isNeeded[$0] && c.operands[$0].element.isFloatingPoint }
        let backward = BackwardBody(
            of: body, hasCotangent: c.cotangents.map { $0 != nil }, to: wanted.map { captured[$0] }, recomputation)
        let outputs = body.outputs + backward.kept.filter { !body.outputs.contains($0) }
        let results = c.extend(Checkpoint(body: backward.forward(outputs: outputs), recomputation: recomputation))

        // Without the barrier the compiler would find that the second computation equals the first, and keep its values.
        let inputs = captured.indices.filter { backward.read.contains(captured[$0]) }
        let kept = backward.kept.compactMap { id in outputs.firstIndex(of: id).map { results[$0] } }
        let guarded = Value.add(Barrier(), inputs.map { c.operands[$0] } + kept + c.cotangents.compactMap { $0 })
        let ids = inputs.map { captured[$0] } + backward.kept + backward.cotangents.compactMap { $0 }
        let known = Dictionary(zip(ids, guarded)) { first, _ in first }
        var cotangents: [Value?] = c.operands.map { _ in nil }
        for (index, cotangent) in zip(wanted, backward.write(into: c.graph, known: known)) { cotangents[index] = cotangent }
        return cotangents
    }
}

/// Values passed on unchanged, which a compiler should not look through.
struct Barrier: Operation {
    var name: String { "optimization_barrier" }
    var cost: OperationCost { .view }
    func resultTypes(_ operands: [TensorType]) -> [TensorType] { operands }
    func pullback(_ c: Pullback) -> [Value?] { c.cotangents }
}

extension Graph {
    /// Runs `body` on some values such that a backward pass computes its inner values again instead of keeping them, as far as
    /// `recomputation` says. The body may use other values too, but only what depends on the given ones is computed again.
    ///
    /// XLA's compiler for processors looks through the barrier that this needs, and keeps the values after all; what a scan computes again is
    /// computed again on every device.
    public func checkpoint(
        _ inputs: [Value], _ recomputation: Recomputation = .block, _ file: StaticString = #fileID, _ line: UInt = #line,
        body: ([Value]) -> [Value]
    ) -> [Value] {
        let inner = Graph(parent: self)
        inner.finish(body(inputs.map(inner.imported)))
        return add(
            Checkpoint(body: inner, recomputation: recomputation), inner.captures.map(\.outer), SourceLocation(file: file, line: line))
    }
}

import PJRT

/// Reverse-mode differentiation: the gradient of a scalar with respect to other values of its graph, or of graphs around it.
///
/// The result holds new operations of the scalar's graph. A value that the scalar does not depend on has a gradient of zeros.
public func gradients(of scalar: Value, withRespectTo values: [Value]) -> [Value] {
    let graph = scalar.graph
    if !(scalar.rank == 0 && scalar.element.isFloatingPoint) {
        graph.fail("gradients: \(scalar.type) is not a floating-point scalar")
    }
    if let value = values.first(where: { !graph.isWithin($0.graph) }) {
        graph.fail("gradients: a \(value.type) was made inside a body, and the scalar outside of it; differentiate there")
    }
    // Rules rely on shapes that fit.
    guard graph.failure == nil else { return values.map { graph.zeros($0.type) } }
    let found = graph.cotangents(of: values, given: [(scalar.id, scalar.constant(1))], in: graph)
    return zip(values, found).map { value, cotangent in cotangent ?? graph.zeros(value.type) }
}

extension Graph {
    /// Whether the other graph is this one or one around it.
    fileprivate func isWithin(_ other: Graph) -> Bool { other === self || parent?.isWithin(other) ?? false }

    /// Vector-Jacobian product: cotangents of `targets`, which are values of this graph or of graphs around it, given those of some values
    /// of this graph. `nil` stands for zero.
    ///
    /// - Parameter graph: where the operations are added: this graph or one inside it.
    func cotangents(of targets: [Value], given start: [(ValueID, Value?)], in graph: Graph) -> [Value?] {
        let table = sweep(from: start, through: dependents(on: targets), in: graph)
        let here = targets.map { $0.graph === self ? table[$0.id] : nil }
        guard let parent, targets.contains(where: { $0.graph !== self }) else { return here }
        // What the body computes from outer values alone is an operation of the graph around it: go on there.
        let around = parent.cotangents(of: targets, given: captures.map { ($0.outer.id, table[$0.inner]) }, in: graph)
        return zip(here, around).map { $0 ?? $1 }
    }

    /// For each node, whether it depends on one of some values of this graph or of graphs around it.
    private func dependents(on targets: [Value]) -> [Bool] {
        var reached = Array(repeating: false, count: nodes.count)
        for target in targets where target.graph === self { reached[target.id.node] = true }
        if let parent, targets.contains(where: { $0.graph !== self }) {
            let around = parent.dependents(on: targets)
            for (outer, inner) in captures where around[outer.id.node] { reached[inner.node] = true }
        }
        for index in nodes.indices where !reached[index] {
            reached[index] = nodes[index].operands.contains { reached[$0.node] }
        }
        return reached
    }

    /// Goes backward through the reached nodes and returns the cotangents of all values met.
    private func sweep(from start: [(ValueID, Value?)], through reached: [Bool], in graph: Graph) -> [ValueID: Value] {
        var table: [ValueID: Value] = [:]
        func accumulate(_ cotangent: Value?, into id: ValueID, _ name: String) {
            guard let cotangent, reached[id.node] else { return }
            let type = value(id).type
            guard cotangent.type == type else {
                graph.fail("\(name): its gradient has the type \(cotangent.type) for an operand of type \(type)")
                return
            }
            table[id] = table[id].map { $0 + cotangent } ?? cotangent
        }
        for (id, cotangent) in start { accumulate(cotangent, into: id, "gradients") }
        for index in reached.indices.reversed() where reached[index] {
            let node = nodes[index]
            let results = node.types.indices.map { ValueID(node: index, result: $0) }
            let needed = node.operands.map { reached[$0.node] }
            guard needed.contains(true), results.contains(where: { table[$0] != nil }) else { continue }
            let place = { (id: ValueID) in graph.imported(self.value(id)) }
            let context = Pullback(
                graph: graph, operands: node.operands.map(place), results: results.map(place), cotangents: results.map { table[$0] },
                isNeeded: needed, extend: { self.replace(index, by: $0).map(place) })
            let cotangents = graph.scope(exactly: node.scope.isEmpty ? "backward" : node.scope + "/backward") {
                node.operation.pullback(context)
            }
            for (operand, cotangent) in zip(node.operands, cotangents) { accumulate(cotangent, into: operand, node.operation.name) }
        }
        return table
    }

    /// Gives a node another operation, with further results, and returns all results.
    private func replace(_ node: Int, by operation: any Operation) -> [ValueID] {
        nodes[node].operation = operation
        nodes[node].types = (try? operation.resultTypes(nodes[node].operands.map { value($0).type })) ?? nodes[node].types
        return nodes[node].types.indices.map { ValueID(node: node, result: $0) }
    }
}

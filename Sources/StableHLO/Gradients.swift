import PJRT

/// Reverse-mode differentiation: the gradient of a scalar with respect to other values of its graph, or of graphs around it.
///
/// The result holds new operations of the scalar's graph. A value that the scalar does not depend on has a gradient of zeros.
public func gradients(of scalar: Value, withRespectTo values: [Value]) -> [Value] {
    guard scalar.rank == 0, scalar.element.isFloatingPoint else {
        scalar.graph.fail("gradients: \(scalar.type) is not a floating-point scalar")
        return values
    }
    let graph = scalar.graph
    // A value of an outer graph is reached through the parameter that captures it; without one the scalar does not depend on it.
    let inner = values.map { graph.captured($0) }
    let found = graph.pullback(of: [scalar], [scalar.constant(1)], to: inner.compactMap { $0 })
    var next = found.makeIterator()
    return zip(values, inner).map { value, inner in
        let cotangent = inner == nil ? nil : next.next() ?? nil
        return cotangent ?? graph.constant(0, value.element, shape: value.shape)
    }
}

extension Graph {
    /// Vector-Jacobian product: cotangents of `targets`, given those of `values` (nil for zero). All are values of this graph.
    func pullback(of values: [Value], _ cotangents: [Value?], to targets: [Value]) -> [Value?] {
        pullback(of: values.map(\.id), cotangents, to: targets.map(\.id), at: value)
    }

    /// The same for a graph that stands for operations elsewhere: `place` gives the value that a value of this graph has there.
    func pullback(
        of values: [ValueID], _ cotangents: [Value?], to targets: [ValueID], at place: (ValueID) -> Value
    ) -> [Value?] {
        var reached = Array(repeating: false, count: nodes.count)
        for target in targets { reached[target.node] = true }
        for index in nodes.indices where !reached[index] {
            reached[index] = nodes[index].operands.contains { reached[$0.node] }
        }

        var table: [ValueID: Value] = [:]
        func accumulate(_ cotangent: Value?, into id: ValueID) {
            guard let cotangent, reached[id.node] else { return }
            table[id] = table[id].map { $0 + cotangent } ?? cotangent
        }
        for (value, cotangent) in zip(values, cotangents) { accumulate(cotangent, into: value) }
        for index in (0..<reached.count).reversed() where reached[index] {
            let node = nodes[index]
            let results = node.types.indices.map { ValueID(node: index, result: $0) }
            let needed = node.operands.map { reached[$0.node] }
            guard needed.contains(true), results.contains(where: { table[$0] != nil }) else { continue }
            let context = Pullback(
                operands: node.operands.map(place), results: results.map(place), cotangents: results.map { table[$0] }, isNeeded: needed)
            for (operand, cotangent) in zip(node.operands, node.operation.pullback(context)) { accumulate(cotangent, into: operand) }
        }
        return targets.map { table[$0] }
    }
}

/// Copies operations of a finished body into another graph, as far as they are asked for.
final class Transplant {
    private let source: Graph
    private let target: Graph
    private var known: [Graph.ValueID: Value]

    /// - Parameter known: values that stand for values of the source; all its parameters that are reached must be among them.
    init(of source: Graph, into target: Graph, known: [Graph.ValueID: Value]) {
        self.source = source
        self.target = target
        self.known = known
    }

    /// What a value of the source is in the target.
    func value(_ id: Graph.ValueID) -> Value {
        if let value = known[id] { return value }
        let node = source.nodes[id.node]
        let results = target.add(node.operation.copy(), node.operands.map(value))
        for (result, value) in results.enumerated() {
            let id = Graph.ValueID(node: id.node, result: result)
            if known[id] == nil { known[id] = value }
        }
        return known[id] ?? results[0]
    }
}

/// A value whose gradient is given by hand; see `Value.withGradient`. Operands: the value, those it depends on, those kept for the rule.
struct GradientOverride: Operation {
    let count: Int
    let rule: (Value, [Value]) -> [Value?]
    var name: String { "gradient_override" }
    var isCheap: Bool { true }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { [operands[0]] }
    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] { [operands[0]] }
    func pullback(_ c: Pullback) -> [Value?] {
        let cotangents = rule(c.cotangent, Array(c.operands.dropFirst()))
        guard cotangents.count == count else {
            c.x.graph.fail("withGradient: \(cotangents.count) cotangents for \(count) values")
            return c.operands.map { _ in nil }
        }
        return [nil] + cotangents + Array(repeating: nil, count: c.operands.count - 1 - count)
    }
}

extension Value {
    /// This value, with a gradient given by hand: seen from outside it depends on `values` alone.
    ///
    /// For kernels that compute a gradient themselves, and where the forward pass already has it (cross-entropy in chunks).
    /// - Parameters:
    ///   - values: what the gradient is with respect to.
    ///   - kept: further values that the rule reads. What only the rule reads costs nothing in a program without gradients.
    ///   - rule: cotangents of `values` (nil for zero), given this value's and the list `values + kept`. It must use no other value: within a
    ///     scan or a checkpoint it runs on copies.
    public func withGradient(of values: [Value], keeping kept: [Value] = [], _ rule: @escaping (Value, [Value]) -> [Value?]) -> Value {
        Value.add(GradientOverride(count: values.count, rule: rule), [self] + values + kept)[0]
    }

    /// This value as a constant: no gradient flows through it.
    public var stopped: Value { withGradient(of: []) { _, _ in [] } }
}

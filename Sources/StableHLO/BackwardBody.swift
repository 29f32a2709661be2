/// The backward pass of a body, written into a copy of the body and then divided between the operation that runs the body forward and what
/// runs it backward.
struct BackwardBody {
    /// The forward operations, with their names unchanged, and after them the backward ones.
    private let graph: Graph
    private let forwardCount: Int
    /// For each output, the parameter that stands for its cotangent; nil for zero.
    let cotangents: [Graph.ValueID?]
    /// For each target its cotangent; nil for zero.
    let found: [Graph.ValueID?]
    /// Parameters of the body that the backward pass reads.
    private(set) var read: Set<Graph.ValueID> = []
    /// Results of forward operations that the backward pass reads and does not compute again.
    private(set) var kept: [Graph.ValueID] = []

    /// Differentiates a body.
    ///
    /// - Parameters:
    ///   - hasCotangent: which outputs have one.
    ///   - targets: parameters whose cotangents are asked for.
    init(of body: Graph, hasCotangent: [Bool], to targets: [Graph.ValueID], _ recomputation: Recomputation) {
        let graph = body.copy(nodes: body.nodes.count)
        let forwardCount = graph.nodes.count
        let given = zip(body.outputs, hasCotangent).map { output, hasCotangent in
            hasCotangent ? graph.addParameter(graph.value(output).type) : nil
        }
        let found = graph.cotangents(of: targets.map(graph.value), given: Array(zip(body.outputs, given)), in: graph)
        if graph.captures.count != body.captures.count {
            graph.fail("withGradient: a rule within a scan or a checkpoint uses a value that is not among its arguments")
        }
        self.graph = graph
        self.forwardCount = forwardCount
        cotangents = given.map { $0?.id }
        self.found = found.map { $0?.id }

        // Everything that the cotangents need, back to what is kept and to the parameters.
        let parameters = Set(body.parameters)
        var stops: Set<Graph.ValueID> = []
        _ = graph.liveNodes(from: self.found.compactMap { $0 }) { id in
            if parameters.contains(id) {
                read.insert(id)
                return true
            }
            guard id.node < forwardCount, recomputation.keeps(graph.nodes[id.node].operation) else { return false }
            stops.insert(id)
            return true
        }
        kept = stops.sorted { ($0.node, $0.result) < ($1.node, $1.result) }
    }

    /// The body's forward operations with some of their values as further outputs.
    func forward(outputs: [Graph.ValueID]) -> Graph {
        let forward = graph.copy(nodes: forwardCount)
        forward.outputs = outputs
        return forward
    }

    /// Writes the backward pass into another graph.
    ///
    /// - Parameter known: what stands for the parameters that are read, the outputs' cotangents and the kept values.
    /// - Returns: for each target its cotangent; nil for zero.
    func write(into target: Graph, known: [Graph.ValueID: Value]) -> [Value?] {
        let written = graph.copy(found.compactMap { $0 }, into: target, known: known)
        return found.map { id in id.flatMap { written[$0] } }
    }
}

extension Graph {
    /// For each node, whether the text of some values needs it; `isGiven` tells where not to look further.
    func liveNodes(from values: [ValueID], isGiven: (ValueID) -> Bool = { _ in false }) -> [Bool] {
        var live = Array(repeating: false, count: nodes.count)
        for value in values where !isGiven(value) { live[value.node] = true }
        for index in nodes.indices.reversed() where live[index] {
            for operand in nodes[index].read where !isGiven(operand) { live[operand.node] = true }
        }
        return live
    }

    /// Copies operations into another graph, as far as `values` need them.
    ///
    /// - Parameter known: values there that stand for values here; all parameters that are needed must be among them.
    /// - Returns: what each value here is there, the known ones included.
    func copy(_ values: [ValueID], into target: Graph, known: [ValueID: Value]) -> [ValueID: Value] {
        var known = known
        let live = liveNodes(from: values) { known[$0] != nil }
        for index in nodes.indices where live[index] {
            let node = nodes[index]
            // An override's other operands are not needed for its value, and not there.
            let isSpent = node.operation is GradientOverride && node.operands.count > 1
            let operation: any Operation = isSpent ? GradientOverride.spent : node.operation
            let results = target.scope(exactly: node.scope) { target.add(operation, node.read.compactMap { known[$0] }) }
            for (result, value) in results.enumerated() {
                let id = ValueID(node: index, result: result)
                if known[id] == nil { known[id] = value }
            }
        }
        return known
    }
}

import PJRT

/// Turns a graph into StableHLO text.
///
/// Every operation is written in MLIR's generic form, so the text needs no knowledge of pretty printers.
struct ProgramWriter {
    /// A region of an operation such as a reduction.
    enum Region {
        /// Two scalars go in, their combination by one operation comes out.
        case combining(with: String, TensorType)
        /// Anything: written by the closure, which ends it with `stablehlo.return`.
        case custom([(arguments: [TensorType], body: (inout ProgramWriter, [String]) -> Void)])
    }

    private(set) var text = ""
    private var indent = "  "
    private var counter = 0
    private let graph: Graph
    private var names: [Graph.ValueID: String]
    /// Custom calls that the program may contain.
    let kernels: Set<String>

    private init(graph: Graph, names: [Graph.ValueID: String], kernels: Set<String>) {
        self.graph = graph
        self.names = names
        self.kernels = kernels
    }

    func type(of id: Graph.ValueID) -> TensorType { graph.nodes[id.node].types[id.result] }

    func name(of id: Graph.ValueID) -> String {
        guard let name = names[id] else { preconditionFailure("a value is used before it is written") }
        return name
    }

    mutating func fresh() -> String {
        counter += 1
        return "%\(counter)"
    }

    mutating func line(_ content: String) { text += indent + content + "\n" }

    /// Writes one operation in generic form and returns the names of its results.
    mutating func emit(
        _ name: String, _ operands: [String], attributes: String = "", region: Region? = nil, _ node: Graph.Node
    ) -> [String] {
        emit(
            name, operands, attributes: attributes, region: region, types: (node.operands.map(type(of:)), node.types), scope: node.scope)
    }

    /// The same for an operation that no node stands for.
    mutating func emit(
        _ name: String, _ operands: [String], attributes: String = "", region: Region? = nil,
        types: (operands: [TensorType], results: [TensorType]),
        scope: String = ""
    ) -> [String] {
        let base = fresh()
        let (operandTypes, resultTypes) = types
        let count = resultTypes.count
        var head = count == 0 ? "" : base + (count > 1 ? ":\(count)" : "") + " = "
        head += "\"\(name)\"(\(operands.joined(separator: ", ")))"
        if let region {
            text += indent + head + " ("
            switch region {
            case .combining(let operation, let scalar):
                let t = scalar.description
                text += "{^bb0(%lhs: \(t), %rhs: \(t)): %r = \"stablehlo.\(operation)\"(%lhs, %rhs) : (\(t), \(t)) -> \(t) "
                text += "\"stablehlo.return\"(%r) : (\(t)) -> ()}"
            case .custom(let blocks):
                for (index, block) in blocks.enumerated() {
                    let arguments = block.arguments.map { _ in fresh() }
                    text += (index > 0 ? ", " : "") + "{\n" + indent + "^bb0("
                    text += zip(arguments, block.arguments).map { "\($0): \($1)" }.joined(separator: ", ") + "):\n"
                    indent += "  "
                    block.body(&self, arguments)
                    indent.removeLast(2)
                    text += indent + "}"
                }
            }
            text += ")"
        } else {
            text += indent + head
        }
        if !attributes.isEmpty { text += " {\(attributes)}" }
        text += " : (" + operandTypes.map(\.description).joined(separator: ", ") + ") -> "
        text += count == 1 ? resultTypes[0].description : "(" + resultTypes.map(\.description).joined(separator: ", ") + ")"
        if !scope.isEmpty { text += " loc(\(quoted(scope)))" }
        text += "\n"
        return count > 1 ? (0..<count).map { "\(base)#\($0)" } : count == 1 ? [base] : []
    }

    /// Writes a constant whose elements are all the same.
    mutating func constant(_ number: Int, _ type: TensorType) -> String {
        let literal = type.element.literal(Double(number))
        return emit("stablehlo.constant", [], attributes: "value = dense<\(literal)> : \(type)", types: ([], [type]))[0]
    }

    /// Writes `stablehlo.return`, the end of a region.
    mutating func finish(_ values: [String], _ types: [TensorType]) {
        let list = types.map(\.description).joined(separator: ", ")
        line("\"stablehlo.return\"(\(values.joined(separator: ", "))) : (\(list)) -> ()")
    }

    /// Writes a body in line, its parameters standing for values that are written already; returns the names of its outputs.
    mutating func inline(_ body: Graph, _ arguments: [Graph.ValueID: String]) -> [String] {
        var inner = ProgramWriter(graph: body, names: arguments, kernels: kernels)
        inner.indent = indent
        inner.counter = counter
        inner.writeNodes()
        text += inner.text
        counter = inner.counter
        return body.outputs.map(inner.name(of:))
    }

    private mutating func writeNodes() {
        let live = graph.liveNodes(from: graph.outputs)
        for (index, node) in graph.nodes.enumerated() where live[index] && !(node.operation is Parameter) {
            let operands = node.read.map(name(of:))
            let results = node.operation.isAlias ? operands : node.operation.write(node, operands: operands, to: &self)
            for (result, name) in results.enumerated() { names[Graph.ValueID(node: index, result: result)] = name }
        }
    }

    /// The module of a finished graph.
    /// - Parameter donated: for each parameter, the index of the result that takes over its memory.
    static func module(_ graph: Graph, name: String, replicas: Int, donated: [Int: Int], kernels: Set<String>) -> String {
        var names: [Graph.ValueID: String] = [:]
        var arguments: [String] = []
        for (index, id) in graph.parameters.enumerated() {
            names[id] = "%arg\(index)"
            let attributes = donated[index].map { " {tf.aliasing_output = \($0) : i32}" } ?? ""
            arguments.append("%arg\(index): \(graph.value(id).type)\(attributes)")
        }
        var writer = ProgramWriter(graph: graph, names: names, kernels: kernels)
        writer.writeNodes()
        let types = graph.outputs.map { graph.value($0).type.description }
        let results = graph.outputs.map(writer.name(of:))
        return """
            module @\(quoted(name)) attributes {mhlo.num_replicas = \(replicas) : i32, mhlo.num_partitions = 1 : i32} {
            func.func public @main(\(arguments.joined(separator: ", "))) -> (\(types.joined(separator: ", "))) {
            \(writer.text)  "func.return"(\(results.joined(separator: ", "))) : (\(types.joined(separator: ", "))) -> ()
            }
            }

            """
    }
}

/// A string literal of MLIR.
func quoted(_ text: String) -> String {
    let bytes = text.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), ..<0x20, 0x7F...:
            "\\" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        default: String(UnicodeScalar(byte))
        }
    }
    return "\"" + bytes.joined() + "\""
}

extension Graph {
    /// The finished program as StableHLO text.
    ///
    /// - Parameters:
    ///   - results: the program's results, in order.
    ///   - replicas: how many devices run it together.
    ///   - donated: pairs of a parameter's index and the result that takes over its memory; both must have the same type.
    ///   - kernels: custom calls that the program may use in the place of plain operations.
    /// - Throws: the first mistake that was made while the graph was built.
    public func stableHLO(
        results: [Value], name: String = "main", replicas: Int = 1, donated: [Int: Int] = [:], kernels: Set<String> = []
    ) throws(GraphError) -> String {
        outputs = results.map { imported($0).id }
        if let failure { throw failure }
        return ProgramWriter.module(self, name: name, replicas: replicas, donated: donated, kernels: kernels)
    }
}

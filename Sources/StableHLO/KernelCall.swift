import PJRT

/// A part of a program for which a plugin may have a kernel, with the same computation in plain operations.
///
/// Which of the two is written is decided when the program is: a graph does not depend on the machine that it will run on.
struct KernelCall: Operation {
    let kernel: Kernel
    /// The computation in plain operations; its parameters are the operands.
    let fallback: Graph
    var name: String { kernel.target }
    var cost: OperationCost { kernel.isProduct ? .product : .reduction }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { fallback.outputs.map { fallback.value($0).type } }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        guard writer.kernels.contains(kernel.target) else {
            return writer.inline(fallback, Dictionary(uniqueKeysWithValues: zip(fallback.parameters, operands)))
        }
        let types = node.types + kernel.scratch
        let call = CustomCall(
            target: kernel.target, results: types, configuration: .typed(kernel.configuration), layouts: nil, inPlace: kernel.inPlace)
        let results = writer.emit(
            "stablehlo.custom_call", operands, attributes: call.attributes, types: (node.operands.map(writer.type(of:)), types),
            scope: node.scope)
        return Array(results.prefix(node.types.count))
    }

    func pullback(_ c: Pullback) -> [Value?] {
        c.graph.fail("\(kernel.target): a kernel has no gradient of its own; give one with withGradient")
        return c.operands.map { _ in nil }
    }
}

/// A custom call that may stand for a computation.
public struct Kernel: Sendable {
    /// The name that the plugin knows it by.
    let target: String
    /// Its attributes in MLIR syntax.
    let configuration: String
    /// For each result that takes over an operand's memory, that operand. Both have the same type.
    let inPlace: [Int: Int]
    /// Memory that it works in, given to it as further results.
    let scratch: [TensorType]
    /// Whether its results are kept where those of matrix products are.
    let isProduct: Bool

    /// An attribute: what a kernel is told when the program is compiled.
    public enum Attribute: Sendable {
        /// A 64-bit integer.
        case int(Int)
        /// A float32.
        case float(Double)
    }

    /// A kernel of the given name.
    ///
    /// - Parameters:
    ///   - attributes: what it is told when the program is compiled.
    ///   - inPlace: for each result that takes over an operand's memory, that operand.
    ///   - scratch: memory that it works in.
    ///   - isProduct: whether to compute it again costs as much as a matrix product, so that ``Recomputation/dots`` keeps its results.
    public init(
        _ target: String, _ attributes: KeyValuePairs<String, Attribute> = [:], inPlace: [Int: Int] = [:], scratch: [TensorType] = [],
        isProduct: Bool = true
    ) {
        self.target = target
        configuration = attributes.map { name, attribute in
            switch attribute {
            case .int(let number): "\(name) = \(number) : i64"
            case .float(let number): "\(name) = \(ElementType.f32.literal(number)) : f32"
            }
        }.joined(separator: ", ")
        self.inPlace = inPlace
        self.scratch = scratch
        self.isProduct = isProduct
    }
}

extension Graph {
    /// Computes `fallback`, by a kernel where the program is written for a plugin that has it. The result has no gradient; give one with
    /// `Value.withGradient`.
    ///
    /// - Parameter fallback: the same computation in plain operations. It must use no value but those it is given.
    public func kernel(
        _ kernel: Kernel, _ operands: [Value], _ file: StaticString = #fileID, _ line: UInt = #line, fallback: ([Value]) -> [Value]
    ) -> [Value] {
        let body = Graph(parent: self)
        let place = SourceLocation(file: file, line: line)
        let results = fallback(operands.map { body.addParameter($0.type, place) })
        body.finish(results)
        guard body.captures.isEmpty else {
            fail("\(kernel.target): the plain computation uses a value that it is not given", file, line)
            return results
        }
        return Value.add(KernelCall(kernel: kernel, fallback: body), operands, file, line)
    }
}

import PJRT

/// A part of a program for which a plugin may have a kernel, with the same computation in plain operations.
///
/// Which of the two is written is decided when the program is: a graph does not depend on the machine that it will run on.
struct KernelCall: Operation {
    let target: String
    let configuration: String
    /// The computation in plain operations; its parameters are the operands.
    let fallback: Graph
    var name: String { target }
    var isProduct: Bool { true }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { fallback.outputs.map { fallback.value($0).type } }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        guard writer.kernels.contains(target) else {
            return writer.inline(fallback, Dictionary(uniqueKeysWithValues: zip(fallback.parameters, operands)))
        }
        let call = CustomCall(target: target, results: node.types, configuration: .typed(configuration), layouts: nil)
        return call.write(node, operands: operands, to: &writer)
    }

    func pullback(_ c: Pullback) -> [Value?] {
        c.graph.fail("\(target): a kernel has no gradient of its own; give one with withGradient")
        return c.operands.map { _ in nil }
    }
}

extension Graph {
    /// Computes `fallback`, by the kernel `target` where the program is written for a plugin that has it. The result has no gradient; give one
    /// with `Value.withGradient`.
    ///
    /// - Parameters:
    ///   - configuration: the kernel's attributes, in MLIR syntax: `window = 0 : i64`.
    ///   - fallback: the same computation in plain operations. It must use no value but those it is given.
    public func kernel(
        _ target: String, _ operands: [Value], _ configuration: String, _ file: StaticString = #fileID, _ line: UInt = #line,
        fallback: ([Value]) -> [Value]
    ) -> [Value] {
        let body = Graph(parent: self)
        let results = fallback(operands.map { body.addParameter($0.type) })
        body.outputs = results.map { body.imported($0).id }
        guard body.captures.isEmpty else {
            fail("\(target): the plain computation uses a value that it is not given", file, line)
            return results
        }
        return Value.add(KernelCall(target: target, configuration: configuration, fallback: body), operands, file, line)
    }
}

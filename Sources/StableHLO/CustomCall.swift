import PJRT

/// A function that the plugin knows by name: a kernel registered with it, or one that it brings.
struct CustomCall: Operation {
    let target: String
    let results: [TensorType]
    let configuration: CustomCallConfiguration
    let layouts: (operands: [[Int]], results: [[Int]])?
    /// For each result that takes over an operand's memory, that operand.
    var inPlace: [Int: Int] = [:]
    var name: String { "custom_call" }
    var cost: OperationCost { .product }

    var attributes: String {
        var parts = ["call_target_name = \(quoted(target))", "has_side_effect = false"]
        switch configuration {
        case .typed(let text): parts += ["api_version = 4 : i32", "backend_config = {\(text)}"]
        case .text(let text):
            parts += ["api_version = 2 : i32", "backend_config = \(quoted(text))"]
        }
        if let layouts {
            let list = { (l: [[Int]]) in
                "[" + l.map { "dense<\($0)> : tensor<\($0.count)xindex>" }.joined(separator: ", ") + "]"
            }
            parts += ["operand_layouts = \(list(layouts.operands))", "result_layouts = \(list(layouts.results))"]
        }
        if !inPlace.isEmpty {
            let aliases = inPlace.sorted { $0.key < $1.key }.map { result, operand in
                let place = results.count == 1 ? "[]" : "[\(result)]"
                return
                    "#stablehlo.output_operand_alias<output_tuple_indices = \(place), operand_index = \(operand), operand_tuple_indices = []>"
            }
            parts.append("output_operand_aliases = [\(aliases.joined(separator: ", "))]")
        }
        return parts.joined(separator: ", ")
    }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { results }
    func pullback(_ c: Pullback) -> [Value?] {
        c.graph.fail("custom_call \(target): has no gradient of its own; give one with withGradient")
        return c.operands.map { _ in nil }
    }
}

/// How a custom call's settings reach it.
public enum CustomCallConfiguration: Sendable {
    /// Attributes of XLA's typed FFI, in MLIR syntax: `scale = 0.5 : f32, causal = true`.
    case typed(String)
    /// A string handed over as it is, often JSON.
    case text(String)
}

extension Graph {
    /// Calls a function that the plugin knows by name. It has no gradient; give one with `Value.withGradient`.
    /// - Parameter layouts: minor-to-major dimension orders of operands and results, for functions that ask for them.
    public func customCall(
        _ target: String, _ operands: [Value], results: [TensorType], _ configuration: CustomCallConfiguration,
        layouts: (operands: [[Int]], results: [[Int]])? = nil, _ file: StaticString = #fileID, _ line: UInt = #line
    ) -> [Value] {
        Value.add(CustomCall(target: target, results: results, configuration: configuration, layouts: layouts), operands, file, line)
    }
}

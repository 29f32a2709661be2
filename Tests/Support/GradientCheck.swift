import PJRT
import StableHLO

/// How far a program's vector-Jacobian product is from finite differences.
package struct GradientCheck: Sendable {
    /// The greatest difference, relative to the greater of 1 and the gradient's own size.
    package let error: Double
    /// Where it is, for messages.
    package let description: String
    /// The gradients, one tensor an argument.
    package let gradients: [HostTensor]

    /// Compares `gradients(of:)` of Σ u·y, with random u of the shape of each result y, to differences of fourth order.
    ///
    /// - Parameters:
    ///   - arguments: where to differentiate, float64; arguments of other types are passed on and not differentiated.
    ///   - step: the distance between points of the difference formula.
    package init(_ arguments: [HostTensor], step: Double = 1e-3, _ body: (Graph, [Value]) -> [Value]) throws {
        let differentiated = arguments.indices.filter { arguments[$0].type.element == .f64 }
        let program = try Evaluator.program(arguments.map(\.type)) { graph, x in
            let loss = Self.contracted(body(graph, x), in: graph)
            return [loss] + StableHLO.gradients(of: loss, withRespectTo: differentiated.map { x[$0] })
        }
        let results = try program(arguments)
        gradients = Array(results.dropFirst())
        var (worst, place) = (0.0, "")
        for (position, index) in differentiated.enumerated() {
            let (type, numbers) = (arguments[index].type, arguments[index].numbers)
            for element in numbers.indices {
                func loss(_ offset: Double) throws -> Double {
                    var moved = (numbers, arguments)
                    moved.0[element] += offset
                    moved.1[index] = HostTensor(moved.0, type.shape)
                    return try program(moved.1)[0].number
                }
                let difference = try (8 * (loss(step) - loss(-step)) - (loss(2 * step) - loss(-2 * step))) / (12 * step)
                let found = gradients[position].numbers[element]
                let error = abs(found - difference) / max(1, abs(difference))
                if !(error <= worst) {
                    (worst, place) = (error, "argument \(index)[\(element)]: gradient \(found), difference \(difference)")
                }
            }
        }
        (error, description) = (worst, place)
    }

    /// Σ u·y over all floating-point results, u fixed random numbers.
    package static func contracted(_ results: [Value], in graph: Graph) -> Value {
        results.enumerated().filter { $1.element.isFloatingPoint }.map { index, y in
            let u = HostTensor.normal(y.shape, seed: 1_000 + UInt64(index)).numbers
            return (y.converted(to: .f64) * graph.constant(u, .f64, shape: y.shape)).sum()
        }.reduce(graph.constant(0, .f64)) { $0 + $1 }
    }
}

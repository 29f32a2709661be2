import PJRT
import StableHLO
import TestSupport
import Testing

/// Gradients given by hand: at the top, within loops and within checkpoints.
@Suite struct WithGradientTests {
    static let arguments = [HostTensor.normal([2, 3], seed: 1), .normal([4, 3], seed: 2)]

    /// A softmax whose rule reads only its kept result.
    static func softmax(_ x: Value) -> Value {
        let exponentials = exp(x - x.max([-1], keep: true))
        let y = exponentials / exponentials.sum([-1], keep: true)
        return y.withGradient(of: [x], keeping: [y]) { g, values in
            let y = values[1]
            return [y * (g - (g * y).sum([-1], keep: true))]
        }
    }

    /// A loss whose gradient its forward loop makes, as cross-entropy does: Σ sin(x)·s.
    static func eager(_ x: Value, _ s: Value) -> Value {
        let loss = (sin(x) * s).sum()
        let (dx, ds) = (cos(x) * s, (sin(x) + s * 0).sum([0]))
        return loss.withGradient(of: [x, s], keeping: [dx, ds]) { g, values in [values[2] * g, values[3] * g] }
    }

    @Test func atTheTop() throws {
        let check = try GradientCheck(Self.arguments) { _, x in
            [Self.softmax(x[0] * 2), Self.eager(x[0], x[1].sliced(0, 0..<1).reshaped([3]))]
        }
        #expect(check.error < 1e-8, "\(check.description)")
    }

    @Test(arguments: Recomputation.allCases) func withinAScan(_ recomputation: Recomputation) throws {
        let check = try GradientCheck(Self.arguments) { graph, x in
            let loop = graph.scan(carry: [x[0]], over: [x[1]], recomputation) { _, carry, rows in
                let y = Self.softmax(carry[0] * rows[0])
                return ([y + carry[0]], [Self.eager(y, rows[0])])
            }
            return loop.carried + loop.stacked
        }
        #expect(check.error < 1e-8, "\(check.description)")
    }

    @Test(arguments: Recomputation.allCases) func withinACheckpoint(_ recomputation: Recomputation) throws {
        let check = try GradientCheck(Self.arguments) { graph, x in
            graph.checkpoint([x[0]], recomputation) { [Self.softmax($0[0] * x[1].sum([0])), Self.eager($0[0], x[1].mean([0]))] }
        }
        #expect(check.error < 1e-8, "\(check.description)")
    }

    @Test func replacesTheGradient() throws {
        let y = try Evaluator.run([HostTensor(3.0), HostTensor(5.0)]) { _, x in
            let y = (x[0] * x[1]).withGradient(of: x) { g, values in [g * values[1] * 10, nil] }
            return [y] + gradients(of: y * 2, withRespectTo: x)
        }
        #expect(y.map(\.number) == [15, 100, 0])
    }

    @Test func keepsOnlyWhatTheRuleReads() throws {
        // The backward loop reads the softmax's result; what it was computed from is not kept.
        let text = try Evaluator.text(Self.arguments.map(\.type)) { graph, x in
            let loop = graph.scan(carry: [x[0]], over: [x[1]]) { _, carry, _ in ([Self.softmax(carry[0])], []) }
            return gradients(of: (loop.carried[0] * loop.carried[0]).sum(), withRespectTo: [x[0]])
        }
        #expect(text.split(separator: "dynamic_update_slice").count - 1 == 1)
    }

    @Test func costsNothingWithoutGradients() throws {
        let text = try Evaluator.text(Self.arguments.map(\.type)) { _, x in [Self.eager(x[0], x[1].sum([0]))] }
        #expect(!text.contains("cosine"))
    }

    @Test func valuesThatOnlyTheRuleReadsLeaveALoop() throws {
        // Carried and stacked by the loop, read by no one: XLA takes them out.
        let program = try Evaluator.program(Self.arguments.map(\.type)) { graph, x in
            let loop = graph.scan(carry: [graph.constant(0, .f64), graph.constant(0, .f64, shape: [3])], over: [x[1]]) { _, carry, rows in
                ([carry[0] + sin(rows[0]).sum(), carry[1] + cos(rows[0])], [cos(rows[0])])
            }
            return [loop.carried[0].withGradient(of: [x[1]], keeping: [loop.carried[1], loop.stacked[0]]) { _, values in [values[2]] }]
        }
        #expect(try !program.executable.optimizedText().contains(" cosine("))
    }

    @Test func rulesAreChecked() throws {
        func failure(_ rule: @escaping (Value, [Value]) -> [Value?]) -> String {
            let graph = Graph()
            let x = graph.parameter("x", [2], .f64)
            let y = graph.scan(carry: [x], length: 2) { _, carry, _ in ([carry[0].withGradient(of: [carry[0]], rule)], []) }.carried[0]
            _ = gradients(of: y.sum(), withRespectTo: [x])
            return graph.failure?.description ?? ""
        }
        #expect(failure { g, _ in [g, g] }.contains("withGradient: 2 cotangents for 1 values"))
        #expect(
            failure { g, _ in [g.sum()] }.contains(
                "withGradient: its gradient has the type tensor<f64> for an operand of type tensor<2xf64>"))
        let graph = Graph()
        let other = graph.parameter("other", [2], .f64)
        let y = graph.scan(carry: [other], length: 2) { _, carry, _ in ([carry[0].withGradient(of: [carry[0]]) { g, _ in [g * other] }], [])
        }
        _ = gradients(of: y.carried[0].sum(), withRespectTo: [other])
        #expect(graph.failure?.message.contains("a value that is not among its arguments") == true)
    }
}

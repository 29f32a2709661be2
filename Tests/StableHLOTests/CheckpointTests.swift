import PJRT
import StableHLO
import TestSupport
import Testing

/// Values that a backward pass computes again.
@Suite struct CheckpointTests {
    static let arguments = [HostTensor.normal([3], seed: 1), .normal([3, 3], seed: 2), .normal([3, 3], seed: 3)]

    static func block(_ h: Value, _ first: Value, _ second: Value) -> Value {
        h + einsum("j,jk->k", tanh(einsum("i,ij->j", h, first)), second)
    }

    /// Two blocks, of which the second uses the first one's result twice.
    static func stack(_ graph: Graph, _ x: [Value], _ recomputation: Recomputation?) -> [Value] {
        guard let recomputation else { return [block(block(x[0], x[1], x[2]), x[2], x[1])] }
        let h = graph.checkpoint([x[0]], recomputation) { [block($0[0], x[1], x[2])] }
        return graph.checkpoint([h[0], x[1]], recomputation) { [block($0[0], x[2], $0[1])] }
    }

    @Test(arguments: Recomputation.allCases) func gradientIsThatOfTheBody(_ recomputation: Recomputation) throws {
        let check = try GradientCheck(Self.arguments) { Self.stack($0, $1, recomputation) }
        #expect(check.error < 1e-8, "\(check.description)")
        let plain = try GradientCheck(Self.arguments) { Self.stack($0, $1, nil) }
        for (a, b) in zip(check.gradients, plain.gradients) { #expect(a.isClose(to: b, 1e-13)) }
    }

    @Test func recomputesByPolicy() throws {
        let counts = try ([nil] + Recomputation.allCases).map { policy in
            let text = try Evaluator.text(Self.arguments.map(\.type)) { graph, x in
                let loss = Self.stack(graph, x, policy)[0].sum()
                return [loss] + gradients(of: loss, withRespectTo: x)
            }
            return ["dot_general", "tanh", "optimization_barrier"].map { name in text.split(separator: "stablehlo.\(name)").count - 1 }
        }
        // Four products forward and eight backward. Without a policy or with .none nothing is computed again; only .block repeats
        // products, and not those that nothing reads.
        #expect(counts == [[12, 2, 0], [12, 2, 2], [12, 4, 2], [12, 4, 2], [14, 4, 2]])
    }

    @Test func compilerThatKeepsBarriersKeepsTheRecomputation() throws {
        let options = CompileOptions(flags: ["xla_disable_hlo_passes": "cse_barrier_expander"])
        let counts = try ([nil] + Recomputation.allCases).map { policy in
            let text = try Evaluator.text(Self.arguments.map(\.type)) { graph, x in
                let loss = Self.stack(graph, x, policy)[0].sum()
                return [loss] + gradients(of: loss, withRespectTo: x)
            }
            let optimized = try TestClient.shared.compile(text, options: options).optimizedText().split(separator: "\n")
            return [" dot(", " tanh("].map { name in optimized.filter { $0.contains(name) }.count }
        }
        // XLA writes outer products, four of the twelve, as multiplications.
        #expect(counts == [[8, 2], [8, 2], [8, 4], [8, 4], [10, 4]])
    }

    @Test(arguments: Recomputation.allCases, Recomputation.allCases) func withinAScan(_ outer: Recomputation, _ inner: Recomputation) throws
    {
        let arguments = Self.arguments + [.normal([4, 3], seed: 4)]
        let check = try GradientCheck(arguments) { graph, x in
            let loop = graph.scan(carry: [x[0]], over: [x[3]], outer) { graph, carry, rows in
                let y = graph.checkpoint([carry[0], rows[0]], inner) { [Self.block($0[0] * $0[1], x[1], x[2]), sin($0[0])] }
                return ([y[0] * y[1]], [y[1] * carry[0]])
            }
            return loop.carried + loop.stacked
        }
        #expect(check.error < 1e-8, "\(check.description)")
    }

    @Test func keptValuesAreNotComputedAgainInAScan() throws {
        // Under .none the loop keeps what the checkpoint within it keeps: products are repeated by neither.
        let count = { (outer: Recomputation, inner: Recomputation) in
            try Evaluator.text(Self.arguments.map(\.type) + [TensorType([4, 3], .f64)]) { graph, x in
                let loop = graph.scan(carry: [x[0]], over: [x[3]], outer) { graph, carry, rows in
                    (graph.checkpoint([carry[0] * rows[0]], inner) { [Self.block($0[0], x[1], x[2])] }, [])
                }
                return gradients(of: loop.carried[0].sum(), withRespectTo: x)
            }.split(separator: "stablehlo.dot_general").count - 1
        }
        #expect(try count(.none, .dots) == 6)
        #expect(try count(.none, .block) == 7)
        #expect(try count(.block, .block) == 7)
    }

    @Test func withinACheckpoint() throws {
        let check = try GradientCheck(Self.arguments) { graph, x in
            graph.checkpoint(x) { x in
                let h = x[0].graph.checkpoint([x[0]]) { [Self.block($0[0], x[1], x[2])] }
                return [Self.block(sin(h[0]), x[2], x[1]), h[0]]
            }
        }
        #expect(check.error < 1e-8, "\(check.description)")
    }

    @Test func passesIntegersThrough() throws {
        let check = try GradientCheck([.normal([4, 2], seed: 1), HostTensor([Int32(2), 0])]) { graph, x in
            graph.checkpoint(x) { [sin($0[0].rows($0[1])), $0[1]] }
        }
        #expect(check.error < 1e-8, "\(check.description)")
    }
}

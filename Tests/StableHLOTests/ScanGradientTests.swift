import PJRT
import StableHLO
import TestSupport
import Testing

/// Gradients of loops: equal under each policy of recomputation, to unrolled code and to finite differences.
@Suite struct ScanGradientTests {
    /// A little recurrent network over rows x[1] [T, 3], with a captured matrix x[2] and a walked one x[3] [T, 3, 3].
    static let arguments = [[3], [4, 3], [3, 3], [4, 3, 3]].enumerated().map { HostTensor.normal($1, seed: UInt64(10 + $0)) }

    static func turn(_ h: Value, _ row: Value, _ shared: Value, _ own: Value) -> (Value, Value) {
        let z = einsum("i,ij->j", h, shared) + einsum("ij,j->i", own, row)
        let next = tanh(z) * exp(row * 0.1) + h * 0.5
        return (next, next * next + sin(z))
    }

    static func loop(_ graph: Graph, _ x: [Value], isReversed: Bool = false, _ recomputation: Recomputation) -> [Value] {
        let loop = graph.scan(carry: [x[0]], over: [x[1], x[3]], isReversed: isReversed, recomputation) { _, carry, rows in
            let (next, stacked) = turn(carry[0], rows[0], x[2], rows[1])
            return ([next], [stacked])
        }
        return loop.carried + loop.stacked
    }

    static func unrolled(_ x: [Value], isReversed: Bool = false) -> [Value] {
        var h = x[0]
        var stacked: [Int: Value] = [:]
        for t in isReversed ? [3, 2, 1, 0] : [0, 1, 2, 3] {
            let row = { (tensor: Value) in tensor.sliced(0, t..<(t + 1)).reshaped(Array(tensor.shape.dropFirst())) }
            (h, stacked[t]) = turn(h, row(x[1]), x[2], row(x[3]))
        }
        return [h, concatenate((0..<4).compactMap { stacked[$0]?.reshaped([1, 3]) }, along: 0)]
    }

    @Test(arguments: Recomputation.allCases, [false, true]) func equalsUnrolledCode(_ recomputation: Recomputation, _ isReversed: Bool)
        throws
    {
        let looped = try GradientCheck(Self.arguments) { Self.loop($0, $1, isReversed: isReversed, recomputation) }
        #expect(looped.error < 1e-8, "\(looped.description)")
        let unrolled = try GradientCheck(Self.arguments) { Self.unrolled($1, isReversed: isReversed) }
        for (a, b) in zip(looped.gradients, unrolled.gradients) { #expect(a.isClose(to: b, 1e-12)) }
    }

    @Test func policiesKeepWhatTheySay() throws {
        let counts = try Recomputation.allCases.map { policy in
            let text = try Evaluator.text(Self.arguments.map(\.type)) { graph, x in
                gradients(of: Self.loop(graph, x, policy)[0].sum(), withRespectTo: x)
            }
            return ["dot_general", "dynamic_update_slice", "tanh"].map { name in
                text.split(separator: "\n").filter { $0.contains("stablehlo.\(name)") }.count
            }
        }
        // Products: two forward, four backward, and under .block two that are computed again.
        // Stacks: an output and two gradients in any case; the carried value, which all policies keep; tanh and exp, or two products.
        #expect(counts.map { $0[0] } == [6, 6, 6, 8])
        #expect(counts.map { $0[1] } == [6, 6, 6, 4])
        #expect(counts.map { $0[2] } == [1, 2, 2, 2])
    }

    @Test(arguments: Recomputation.allCases) func nested(_ recomputation: Recomputation) throws {
        let arguments = [HostTensor.normal([2], seed: 1), .normal([3, 2], seed: 2), .normal([2, 2], seed: 3), .normal([2, 2], seed: 4)]
        let check = try GradientCheck(arguments) { graph, x in
            let outer = graph.scan(carry: [x[0]], over: [x[1]], recomputation) { graph, carry, row in
                let inner = graph.scan(carry: carry, over: [x[2]], isReversed: true, recomputation) { _, carry, column in
                    let y = sin(einsum("i,ij->j", carry[0], x[3])) + row[0] * column[0]
                    return ([y], [y * carry[0]])
                }
                return ([inner.carried[0] * row[0]], [exp(inner.stacked[0] * 0.1), inner.carried[0] * carry[0]])
            }
            return outer.carried + outer.stacked
        }
        #expect(check.error < 1e-8, "\(check.description)")
    }

    @Test(arguments: Recomputation.allCases) func usedTwiceAndDifferentiatedTwice(_ recomputation: Recomputation) throws {
        let arguments = [HostTensor.normal([2], seed: 1), .normal([3, 2], seed: 2)]
        let check = try GradientCheck(arguments) { graph, x in
            let loop = graph.scan(carry: [x[0]], over: [x[1]], recomputation) { _, carry, rows in
                let y = sin(carry[0] * rows[0]) + carry[0]
                return ([y], [y * y])
            }
            let first = gradients(of: loop.carried[0].sum(), withRespectTo: [x[0]])[0]
            let second = gradients(of: loop.stacked[0].sum(), withRespectTo: [x[1]])[0]
            return [first, second, loop.carried[0] * loop.carried[0]]
        }
        #expect(check.error < 1e-7, "\(check.description)")
    }

    @Test(arguments: Recomputation.allCases) func valuesWithoutGradients(_ recomputation: Recomputation) throws {
        // The second carried value does not reach the loss, the third is an integer that picks rows, x[2] only scales by its sign.
        let arguments = [HostTensor.normal([2], seed: 1), .normal([4, 2], seed: 2), .normal([2], seed: 3), .normal([3, 2], seed: 4)]
        let check = try GradientCheck(arguments) { graph, x in
            let loop = graph.scan(carry: [x[0], x[2], graph.constant(3, .i32)], over: [x[3]], recomputation) { _, carry, rows in
                let row = x[1].rows(carry[2])
                let sign = select(x[2] .< 0, carry[0], carry[0] * 2)
                return ([sin(sign * row) + rows[0], carry[1] * carry[0], carry[2] - 1], [carry[2]])
            }
            return [loop.carried[0]]
        }
        #expect(check.error < 1e-8, "\(check.description)")
        #expect(check.gradients[2].numbers == [0, 0])
        #expect(check.gradients[1].numbers.prefix(2) == [0, 0], "row 0 is never used")
    }

    @Test(arguments: Recomputation.allCases) func passedThrough(_ recomputation: Recomputation) throws {
        let check = try GradientCheck([.normal([2], seed: 1), .normal([3, 2], seed: 2), .normal([2], seed: 3)]) { graph, x in
            let loop = graph.scan(carry: [x[0], x[2]], over: [x[1]], recomputation) { _, carry, rows in
                ([carry[1], carry[0]], [rows[0], x[2], carry[0], carry[0]])
            }
            return loop.carried + loop.stacked
        }
        #expect(check.error < 1e-9, "\(check.description)")
    }

    @Test(arguments: Recomputation.allCases) func withinABody(_ recomputation: Recomputation) throws {
        // As gradient accumulation does: gradients of captured values, summed by the loop around. Some of the work depends on
        // captured values alone and is therefore done outside of the loop.
        let arguments = [HostTensor.normal([3, 3], seed: 1), .normal([3], seed: 2), .normal([4, 2, 3], seed: 3)]
        func loss(_ graph: Graph, _ w: [Value], _ batch: Value) -> Value {
            let matrix = exp(w[0] * w[0]) * 0.3
            let scales = w[1].broadcast(to: [2, 3])
            let outside = w[0].graph.scan(carry: [w[1]], over: [scales], recomputation) { _, c, rows in ([sin(c[0]) * rows[0]], []) }
                .carried[0]
            let loop = graph.scan(carry: [batch], over: [scales], recomputation) { _, h, rows in
                ([tanh(einsum("bi,ij->bj", h[0], matrix)) * rows[0] * outside], [])
            }
            return (loop.carried[0] * loop.carried[0]).sum()
        }
        let accumulated = try Evaluator.run(arguments) { graph, x in
            graph.scan(carry: [graph.zerosLike(x[0]), graph.zerosLike(x[1])], over: [x[2]]) { graph, sums, batch in
                (zip(sums, gradients(of: loss(graph, [x[0], x[1]], batch[0]), withRespectTo: [x[0], x[1]])).map { $0 + $1 }, [])
            }.carried
        }
        let whole = try Evaluator.run(arguments) { graph, x in
            let total = (0..<4).map { loss(graph, [x[0], x[1]], x[2].sliced(0, $0..<($0 + 1)).reshaped([2, 3])) }.reduce(
                graph.constant(0, .f64), +)
            return gradients(of: total, withRespectTo: [x[0], x[1]])
        }
        for (a, b) in zip(accumulated, whole) { #expect(a.isClose(to: b, 1e-12)) }
        #expect(whole[0].numbers.contains { abs($0) > 1e-3 })
    }
}

extension Graph {
    fileprivate func zerosLike(_ value: Value) -> Value { constant(0, value.element, shape: value.shape) }
}

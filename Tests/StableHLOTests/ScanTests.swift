import PJRT
import StableHLO
import TestSupport
import Testing

/// Loops forward: what is carried, walked over, captured and stacked.
@Suite struct ScanTests {
    let rows = HostTensor([1.0, 2, 3, 4, 5, 6], [3, 2])

    @Test func carriesAndStacksForward() throws {
        let y = try Evaluator.run([HostTensor([10.0, 20]), rows]) { graph, x in
            let loop = graph.scan(carry: [x[0]], over: [x[1]]) { _, carry, rows in ([carry[0] + rows[0]], [carry[0] * 2]) }
            return loop.carried + loop.stacked
        }
        #expect(y[0] == HostTensor([19.0, 32]))
        #expect(y[1] == HostTensor([20.0, 40, 22, 44, 28, 52], [3, 2]))
    }

    @Test func reversedGoesFromTheLastRowAndStacksInTheRowsOrder() throws {
        let y = try Evaluator.run([HostTensor([10.0, 20]), rows]) { graph, x in
            let loop = graph.scan(carry: [x[0]], over: [x[1]], isReversed: true) { _, carry, rows in ([carry[0] + rows[0]], [carry[0]]) }
            return loop.carried + loop.stacked
        }
        #expect(y[0] == HostTensor([19.0, 32]))
        #expect(y[1] == HostTensor([18.0, 30, 15, 26, 10, 20], [3, 2]))
    }

    @Test func countsTurnsWithoutRowsAndCarriesIntegers() throws {
        let y = try Evaluator.run([HostTensor(2.0)]) { graph, x in
            let start = [graph.constant(0, .i32), graph.constant(1, .f64)]
            let loop = graph.scan(carry: start, length: 5) { _, carry, _ in
                ([carry[0] + 1, carry[1] * x[0]], [carry[0] * 3, carry[0].converted(to: .f64) * x[0]])
            }
            return loop.carried + loop.stacked
        }
        #expect(y.map(\.numbers) == [[5], [32], [0, 3, 6, 9, 12], [0, 2, 4, 6, 8]])
    }

    @Test func bodyMayUseNothingOrPassValuesThrough() throws {
        let y = try Evaluator.run([HostTensor(7.0), rows]) { graph, x in
            let constant = graph.scan(carry: [], length: 2) { inner, _, _ in ([], [inner.constant(3, .f32), inner.iota([2])]) }
            let same = graph.scan(carry: [x[0]], over: [x[1]]) { _, carry, rows in (carry, [rows[0], x[0]]) }
            return constant.stacked + same.carried + same.stacked
        }
        #expect(y.map(\.numbers) == [[3, 3], [0, 1, 0, 1], [7], [1, 2, 3, 4, 5, 6], [7, 7, 7]])
    }

    @Test func nestedLoopsReachTheOutermostGraph() throws {
        // Σᵢ Σⱼ a·(rᵢ + cⱼ), with a captured through two bodies.
        let y = try Evaluator.run([HostTensor(10.0), HostTensor([1.0, 2]), HostTensor([3.0, 4, 5])]) { graph, x in
            let zero = graph.constant(0, .f64)
            let outer = graph.scan(carry: [zero], over: [x[1]]) { graph, carry, row in
                let inner = graph.scan(carry: carry, over: [x[2]]) { _, carry, column in
                    ([carry[0] + x[0] * (row[0] + column[0])], [row[0] * column[0]])
                }
                return (inner.carried, inner.stacked)
            }
            return outer.carried + outer.stacked
        }
        #expect(y.map(\.numbers) == [[330], [3, 4, 5, 6, 8, 10]])
        #expect(y[1].type.shape == [2, 3])
    }

    @Test func whatOnlyDependsOnOuterValuesIsComputedOnce() throws {
        let text = try Evaluator.text([TensorType([4], .f64), TensorType([3, 4], .f64)]) { graph, x in
            graph.scan(carry: [x[0]], over: [x[1]]) { _, carry, rows in ([carry[0] * exp(x[0]) + rows[0]], []) }.carried
        }
        let lines = text.split(separator: "\n")
        let loop = try #require(lines.firstIndex { $0.contains("stablehlo.while") })
        let exponential = try #require(lines.firstIndex { $0.contains("stablehlo.exponential") })
        #expect(exponential < loop)
    }

    @Test func programDoesNotGrowWithItsTurns() throws {
        let size = { (length: Int) in
            try Evaluator.text([TensorType([4], .f64), TensorType([length, 4, 4], .f64)]) { graph, x in
                let y = graph.scan(carry: [x[0]], over: [x[1]]) { _, carry, w in ([tanh(einsum("i,ij->j", carry[0], w[0]))], []) }.carried[
                    0]
                return gradients(of: y.sum(), withRespectTo: x)
            }.split(separator: "\n").count
        }
        #expect(try size(2) == size(64))
    }
}

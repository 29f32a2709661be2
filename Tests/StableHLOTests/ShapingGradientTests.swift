import PJRT
import StableHLO
import TestSupport
import Testing

/// Vector-Jacobian products of operations that move, repeat and reduce elements, against finite differences.
@Suite struct ShapingGradientTests {
    /// A function of normal numbers of the given shape.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let shape: [Int]
        let function: @Sendable (Graph, Value) -> Value
    }

    static let cases: [Case] = [
        Case(testDescription: "broadcast at the back", shape: [3, 1]) { $1.broadcast(to: [2, 3, 4]) },
        Case(testDescription: "broadcast of a scalar", shape: []) { $1.broadcast(to: [2, 3]) },
        Case(testDescription: "broadcast at chosen dimensions", shape: [2, 1, 3]) {
            $1.broadcast(to: [2, 4, 5, 3], dimensions: [0, 2, 3])
        },
        Case(testDescription: "reshape", shape: [2, 6]) { $1.reshaped([3, -1]) * $1.reshaped([3, 4]) },
        Case(testDescription: "transpose", shape: [2, 3, 4]) { $1.transposed([2, 0, 1]) },
        Case(testDescription: "slice", shape: [3, 4]) { $1.sliced(-1, 1..<3) },
        Case(testDescription: "slice of nothing", shape: [3, 4]) { $1.sliced(0, 1..<1).sum() + $1.sum() },
        Case(testDescription: "strided slice", shape: [7, 8]) { $1.sliced(from: [1, 0], to: [6, 8], by: [2, 3]) },
        Case(testDescription: "pad", shape: [2, 3]) { $1.padded(low: [1, 0], high: [2, 1], interior: [0, 2]) },
        Case(testDescription: "concatenate", shape: [2, 3]) { concatenate([$1, $1 * 2, $1.sliced(0, 1..<2)], along: -2) },
        Case(testDescription: "split", shape: [2, 6]) { _, x in
            let parts = x.split(-1, into: 3)
            return parts[0] * parts[2]
        },
        Case(testDescription: "dynamic slice", shape: [4, 5]) {
            $1.sliced(at: [$0.constant(1, .i32), $0.constant(2, .i32)], sizes: [2, 3])
        },
        Case(testDescription: "dynamic slice moved to fit", shape: [4]) { $1.sliced(at: [$0.constant(9, .i32)], sizes: [3]) },
        Case(testDescription: "dynamic update", shape: [4, 5]) { graph, x in
            (x * x).updating(x.sliced(0, 0..<2), at: [graph.constant(1, .i32), graph.constant(0, .i32)])
        },
        Case(testDescription: "rows", shape: [4, 2]) { graph, x in x.rows(graph.constant([3, 0, 3, 3, 1, 0], .i32, shape: [2, 3])) },
        Case(testDescription: "rows of a vector", shape: [4]) { graph, x in x.rows(graph.constant([3, 3], .i32, shape: [2])) },
        Case(testDescription: "one row", shape: [4, 2, 2]) { graph, x in x.rows(graph.constant(2, .i32)) },
        Case(testDescription: "adding to rows", shape: [4, 2]) { graph, x in
            (x * x).adding(x.sliced(0, 0..<3), toRows: graph.constant([1, 1, 3], .i32, shape: [3]))
        },
        Case(testDescription: "sum", shape: [2, 3, 4]) { $1.sum([0, -1]) },
        Case(testDescription: "sum of all", shape: [2, 3]) { $1.sum() * $1.sum() },
        Case(testDescription: "sum kept", shape: [2, 3, 4]) { $1.sum([1], keep: true) * $1 },
        Case(testDescription: "mean", shape: [2, 3, 4]) { $1.mean([-1, 0]) * $1.mean() },
        Case(testDescription: "mean kept", shape: [2, 3]) { ($1 - $1.mean([-1], keep: true)) * $1 },
        Case(testDescription: "max", shape: [2, 3, 4]) { $1.max([1]) * $1.max() },
        Case(testDescription: "min kept", shape: [2, 3]) { $1 - $1.min([-1], keep: true) },
        Case(testDescription: "softmax", shape: [2, 5]) { _, x in
            let y = exp(x - x.max([-1], keep: true))
            return y / y.sum([-1], keep: true)
        },
        Case(testDescription: "second derivative", shape: [2, 3]) { _, x in
            gradients(of: (x * x * tanh(x.sum([1], keep: true)) + x.max([1], keep: true) * x).sum(), withRespectTo: [x])[0]
        },
        Case(testDescription: "no dependence", shape: [2, 3]) { graph, x in gradients(of: x.stopped.sum(), withRespectTo: [x])[0] + x },
    ]

    @Test(arguments: cases) func matchesFiniteDifferences(_ test: Case) throws {
        let check = try GradientCheck([.normal(test.shape, seed: 5)]) { [test.function($0, $1[0])] }
        #expect(check.error < 1e-8, "\(check.description)")
    }

    @Test func extremesThatTieShareTheGradient() throws {
        let y = try Evaluator.run([HostTensor([1.0, 3, 3, 2, 5, 5, 5, 0], [2, 4])]) { graph, x in
            gradients(of: (x[0].max([1]) * graph.constant([4, 6], .f64, shape: [2])).sum(), withRespectTo: x)
        }
        #expect(y[0].numbers == [0, 2, 2, 0, 2, 2, 2, 0])
    }

    @Test func paddingHasAGradientToo() throws {
        // The padding value is an operand of its own only in the graph; seen through it, Σ over padded places.
        let check = try GradientCheck([.normal([2, 2], seed: 1), .normal([], seed: 2)]) { _, x in
            [
                select(
                    (x[0] * 0 + 1).padded(low: [1, 0], high: [0, 1]) .== 1, x[0].padded(low: [1, 0], high: [0, 1]),
                    x[1].broadcast(to: [3, 3]))
            ]
        }
        #expect(check.error < 1e-9, "\(check.description)")
    }

    static let formulas: [(String, [Int], [Int])] = [
        ("ij,jk->ik", [2, 3], [3, 4]), ("ij,kj->ik", [2, 3], [4, 3]), ("ij,jk->ki", [2, 3], [3, 4]), ("ji,jk->ik", [3, 2], [3, 4]),
        ("bij,bjk->bik", [2, 3, 2], [2, 2, 3]), ("ibj,bjk->kbi", [3, 2, 2], [2, 2, 3]), ("btd,ed->bte", [2, 2, 3], [4, 3]),
        ("btkgh,bskh->bkgts", [2, 2, 1, 2, 2], [2, 3, 1, 2]), ("bkgts,bskh->btkgh", [1, 2, 2, 2, 3], [1, 3, 2, 2]), ("i,i->", [3], [3]),
        ("i,j->ij", [2], [3]), ("i,j->ji", [2], [3]), ("ij,ij->ij", [2, 3], [2, 3]), ("ij,ji->", [2, 3], [3, 2]),
        ("abc,cab->ba", [2, 3, 2], [2, 2, 3]),
        (",i->i", [], [3]),
    ]

    @Test(arguments: formulas) func einsums(_ formula: String, _ a: [Int], _ b: [Int]) throws {
        let check = try GradientCheck([.normal(a, seed: 1), .normal(b, seed: 2)]) { _, x in [einsum(formula, x[0], x[1])] }
        #expect(check.error < 1e-9, "\(check.description)")
    }

    @Test(arguments: formulas) func einsumsSumOverAllIndices(_ formula: String, _ a: [Int], _ b: [Int]) throws {
        let (x, y) = (HostTensor.normal(a, seed: 1), HostTensor.normal(b, seed: 2))
        let result = try Evaluator.run([x, y]) { _, x in [einsum(formula, x[0], x[1])] }[0]
        let parts = formula.replacing("->", with: ",").split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
        let letters = Array(Set(parts.joined())).sorted()
        let sizes = Dictionary(zip(parts[0] + parts[1], a + b)) { first, _ in first }
        var expected = [Double](repeating: 0, count: result.type.count)
        for combination in 0..<letters.map({ sizes[$0] ?? 1 }).reduce(1, *) {
            var (rest, at) = (combination, [Character: Int]())
            for letter in letters { (at[letter], rest) = (rest % (sizes[letter] ?? 1), rest / (sizes[letter] ?? 1)) }
            let offset = { (part: [Character]) in part.reduce(0) { $0 * (sizes[$1] ?? 1) + (at[$1] ?? 0) } }
            expected[offset(parts[2])] += x.numbers[offset(parts[0])] * y.numbers[offset(parts[1])]
        }
        #expect(result.isClose(to: HostTensor(expected, parts[2].map { sizes[$0] ?? 1 }), 1e-12))
    }

    @Test func productsOfHalvesSumInFloat32() throws {
        // 1 + 4096 · 2⁻⁸ needs more than bfloat16's 8 bits on the way.
        let ones = (0..<4097).map { BFloat16($0 == 0 ? 1 : 0x1p-8) }
        let y = try Evaluator.run([HostTensor(ones), HostTensor(ones.map { _ in BFloat16(1) })]) { _, x in
            let wide = einsum("i,i->", x[0], x[1], result: .f32)
            return [wide] + gradients(of: wide, withRespectTo: [x[0]])
        }
        #expect(y[0] == HostTensor(Float(17)))
        #expect(y[1].type.element == .bf16)
        #expect(y[1].numbers.allSatisfy { $0 == 1 })
    }
}

import PJRT
import StableHLO
import TestSupport
import Testing

/// Vector-Jacobian products of elementwise operations against finite differences.
@Suite struct ElementwiseGradientTests {
    /// A function of two tensors that broadcast against each other, and where to evaluate it.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// Maps standard normal numbers into the function's domain.
        var domain: @Sendable (Double) -> Double = { $0 }
        let function: @Sendable (Value, Value) -> Value
    }

    static let functions: [Case] = [
        Case(testDescription: "negate") { x, _ in -x },
        Case(testDescription: "abs") { x, _ in abs(x) },
        Case(testDescription: "exp") { x, _ in exp(x) },
        Case(testDescription: "expm1") { x, _ in expm1(x) },
        Case(testDescription: "log", domain: { abs($0) + 0.2 }) { x, _ in log(x) },
        Case(testDescription: "sqrt", domain: { abs($0) + 0.2 }) { x, _ in sqrt(x) },
        Case(testDescription: "rsqrt", domain: { abs($0) + 0.2 }) { x, _ in rsqrt(x) },
        Case(testDescription: "tanh") { x, _ in tanh(x) },
        Case(testDescription: "sigmoid") { x, _ in sigmoid(x) },
        Case(testDescription: "sin") { x, _ in sin(x) },
        Case(testDescription: "cos") { x, _ in cos(x) },
        Case(testDescription: "erf") { x, _ in erf(x) },
        Case(testDescription: "floor is flat") { x, _ in floor(x) * x },
        Case(testDescription: "number operators") { x, _ in 1 - (2 * x + 3) / 4 - (x - 1) * (2 / (x * x + 1)) + (1 + x) },
        Case(testDescription: "convert there and back") { x, _ in (x * x).converted(to: .f64) },
        Case(testDescription: "stopped") { x, _ in x * (x.stopped - x.stopped) + x },
    ]

    static let pairs: [Case] = [
        Case(testDescription: "add") { $0 + $1 },
        Case(testDescription: "subtract") { $0 - $1 },
        Case(testDescription: "multiply") { $0 * $1 },
        Case(testDescription: "divide", domain: { $0 < 0 ? $0 - 0.5 : $0 + 0.5 }) { $0 / $1 },
        Case(testDescription: "max") { max($0, $1) },
        Case(testDescription: "min") { min($0, $1) },
        Case(testDescription: "pow", domain: { abs($0) + 0.2 }) { pow($0, $1) },
        Case(testDescription: "select") { select($0 .< $1, $0 * 2, $1 * $0) },
        Case(testDescription: "used three times") { $0 * $1 * $0 + $1 / ($0 * $0 + 1) },
    ]

    /// Pairs of shapes, whose functions are all evaluated by one program.
    static let shapes: [[Int]] = [[2, 3], [2, 3], [2, 3], [3], [1, 3], [4, 2, 1], [], [2, 2], [2, 1, 2], [1]]

    /// Numbers on a grid of its own for each seed, so that no two are nearly equal: `max` and `select` have a corner there.
    static func numbers(_ shape: [Int], seed: Int, _ domain: (Double) -> Double) -> HostTensor {
        let normal = HostTensor.normal(shape, seed: UInt64(seed)).numbers
        return HostTensor(normal.map { domain((10 * $0).rounded() / 10 + 0.01 * Double(seed + 1) + 0.005) }, shape)
    }

    @Test(arguments: functions) func ofOne(_ test: Case) throws {
        let check = try GradientCheck([Self.numbers([2, 3], seed: 0, test.domain)]) { _, x in [test.function(x[0], x[0])] }
        #expect(check.error < 1e-8, "\(check.description)")
    }

    @Test(arguments: pairs) func ofTwo(_ test: Case) throws {
        let x = Self.shapes.enumerated().map { Self.numbers($1, seed: $0 % 2, test.domain) }
        let check = try GradientCheck(x) { _, x in stride(from: 0, to: x.count, by: 2).map { test.function(x[$0], x[$0 + 1]) } }
        #expect(check.error < 1e-8, "\(check.description)")
    }
}

import Glibc
import PJRT
import StableHLO
import TestSupport
import Testing

/// Values of elementwise operations and reductions.
@Suite struct ArithmeticTests {
    @Test func functions() throws {
        let x = [-2.5, -1, -0.25, 0.25, 1, 2.5]
        let y = try Evaluator.run([HostTensor(x)]) { _, x in
            let x = x[0]
            return [
                -x, abs(x), exp(x), expm1(x), log(abs(x)), sqrt(abs(x)), rsqrt(abs(x)), tanh(x), sigmoid(x), sin(x), cos(x), erf(x),
                floor(x), x % 2,
                pow(abs(x), x), max(x, x * 0), min(x, x * 0),
            ]
        }
        let expected: [(Double) -> Double] = [
            { -$0 }, { Swift.abs($0) }, Glibc.exp, Glibc.expm1, { Glibc.log(Swift.abs($0)) }, { Swift.abs($0).squareRoot() },
            { 1 / Swift.abs($0).squareRoot() }, Glibc.tanh, { 1 / (1 + Glibc.exp(-$0)) }, Glibc.sin, Glibc.cos, Glibc.erf,
            { $0.rounded(.down) },
            { $0.truncatingRemainder(dividingBy: 2) }, { Glibc.pow(Swift.abs($0), $0) }, { Swift.max($0, 0) }, { Swift.min($0, 0) },
        ]
        for (result, function) in zip(y, expected) { #expect(result.isClose(to: HostTensor(x.map(function)), 1e-14)) }
    }

    @Test func errorFunctionInFloat32() throws {
        let x = (-60...60).map { Float($0) / 15 }
        let y = try Evaluator.run([HostTensor(x)]) { _, x in [erf(x[0])] }[0]
        #expect(zip(x, y.numbers).allSatisfy { Swift.abs(Glibc.erf(Double($0)) - $1) < 3e-7 })
    }

    @Test func comparisonsAndSelect() throws {
        let y = try Evaluator.run([HostTensor([1.0, 2, 3]), HostTensor([3.0, 2, 1])]) { _, x in
            let (a, b) = (x[0], x[1])
            return [a .== b, a .!= b, a .< b, a .<= b, a .> b, a .>= b, a .== 2, a .!= 2, a .< 2, a .<= 2, a .> 2, a .>= 2, !(a .< b)]
                + [select(a .< b, a, b), select(a .< 2, a.reshaped([3, 1]), b)]
        }
        let truths: [[Double]] = [
            [0, 1, 0], [1, 0, 1], [1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [0, 1, 0], [1, 0, 1], [1, 0, 0], [1, 1, 0], [0, 0, 1],
            [0, 1, 1], [0, 1, 1],
        ]
        #expect(y.dropLast(2).map(\.numbers) == truths)
        #expect(y[13].numbers == [1, 2, 1])
        #expect(y[14] == HostTensor([1.0, 2, 1, 2, 2, 1, 3, 2, 1], [3, 3]))
    }

    @Test func bits() throws {
        let y = try Evaluator.run([
            HostTensor([UInt32(0xF0F0_F0F0), 1]), HostTensor([UInt32(0xFF00_FF00), 3]), HostTensor([true, false]),
        ]) { graph, x in
            [
                x[0] & x[1], x[0] | x[1], x[0] ^ x[1], !x[0], x[0] << 4, x[0] >> 4, !x[2], x[2] & !x[2], x[2] | !x[2],
                x[0].bitcast(to: .f32).bitcast(to: .u32),
                graph.constant(1.5, .f32).bitcast(to: .u32),
            ]
        }
        #expect(y[0] == HostTensor([UInt32(0xF000_F000), 1]))
        #expect(y[1] == HostTensor([UInt32(0xFFF0_FFF0), 3]))
        #expect(y[2] == HostTensor([UInt32(0x0FF0_0FF0), 2]))
        #expect(y[3] == HostTensor([UInt32(0x0F0F_0F0F), 0xFFFF_FFFE]))
        #expect(y[4] == HostTensor([UInt32(0x0F0F_0F00), 16]))
        #expect(y[5] == HostTensor([UInt32(0x0F0F_0F0F), 0]))
        #expect(y[6...8].map(\.numbers) == [[0, 1], [0, 0], [1, 1]])
        #expect(y[9] == HostTensor([UInt32(0xF0F0_F0F0), 1]))
        #expect(y[10] == HostTensor(Float(1.5).bitPattern))
    }

    @Test func conversions() throws {
        let y = try Evaluator.run([HostTensor([Float(1.7), -1.7, 300, 0])]) { _, x in
            let small = x[0].sliced(0, 0..<2)
            return [
                x[0].converted(to: .bf16), x[0].converted(to: .i32), x[0].converted(to: .bool), small.converted(to: .f16),
                x[0].converted(to: .f64),
            ]
                + [(x[0] .> 1).converted(to: .f32), x[0].converted(to: .i32).converted(to: .u32).sliced(0, 2..<4)]
        }
        #expect(y[0].values(as: BFloat16.self) == [1.7, -1.7, 300, 0].map { BFloat16($0) })
        #expect(y[1] == HostTensor([Int32(1), -1, 300, 0]))
        #expect(y[2] == HostTensor([true, true, true, false]))
        #expect(y[3] == HostTensor([Float16(1.7), -1.7]))
        #expect(y[4] == HostTensor([Double(Float(1.7)), Double(Float(-1.7)), 300, 0]))
        #expect(y[5] == HostTensor([Float(1), 0, 1, 0]))
        #expect(y[6] == HostTensor([UInt32(300), 0]))
    }

    @Test func bfloat16RoundsToNearestEven() throws {
        let x: [Float] = [1.00390625, 1.01171875, 1.003906, 1.0039064, -1.00390625, 3.39e38, 0x1p-133]
        let y = try Evaluator.run([HostTensor(x)]) { _, x in [x[0].converted(to: .bf16)] }[0]
        #expect(y.values(as: BFloat16.self) == x.map { BFloat16($0) })
    }

    @Test func reductions() throws {
        let y = try Evaluator.run([HostTensor([1.0, 5, 2, 4, 3, 6], [2, 3]), HostTensor([Int32(-7), -3, -9])]) { _, x in
            [
                x[0].sum(), x[0].sum([0]), x[0].sum([-1], keep: true), x[0].max([1]), x[0].min([0, 1]), x[0].mean([1]), x[0].argmax(),
                x[1].max(), x[1].min(),
                x[1].sum(), x[0].sum([]), (x[0].sliced(0, 0..<1) * 0 + 3).argmax(),
            ]
        }
        let expected: [[Double]] = [
            [21], [5, 8, 8], [8, 13], [5, 6], [1], [8 / 3, 13 / 3], [1, 2], [-3], [-9], [-19], [1, 5, 2, 4, 3, 6], [0],
        ]
        #expect(y.map(\.numbers) == expected)
        #expect(y[2].type.shape == [2, 1])
        #expect(y[6].type == TensorType([2], .i32))
    }

    @Test func moving() throws {
        let y = try Evaluator.run([HostTensor((0..<6).map(Double.init), [2, 3])]) { graph, x in
            let one = graph.constant(1, .i32)
            return [
                x[0].transposed([1, 0]), x[0].padded(low: [0, 1], high: [1, 0], interior: [1, 0], with: -1),
                x[0].sliced(from: [0, 0], to: [2, 3], by: [1, 2]),
                x[0].sliced(at: [one, one], sizes: [1, 2]), x[0].updating(x[0].sliced(0, 0..<1), at: [one, one * 0]),
                x[0].rows(graph.constant([1, 1, 0], .i32, shape: [3])),
                x[0].adding(x[0], toRows: graph.constant([1, 1], .i32, shape: [2])),
                concatenate([x[0], x[0]], along: -1),
            ]
        }
        #expect(y[0] == HostTensor([0.0, 3, 1, 4, 2, 5], [3, 2]))
        #expect(y[1] == HostTensor([-1.0, 0, 1, 2, -1, -1, -1, -1, -1, 3, 4, 5, -1, -1, -1, -1], [4, 4]))
        #expect(y[2] == HostTensor([0.0, 2, 3, 5], [2, 2]))
        #expect(y[3] == HostTensor([4.0, 5], [1, 2]))
        #expect(y[4] == HostTensor([0.0, 1, 2, 0, 1, 2], [2, 3]))
        #expect(y[5] == HostTensor([3.0, 4, 5, 3, 4, 5, 0, 1, 2], [3, 3]))
        #expect(y[6] == HostTensor([0.0, 1, 2, 6, 9, 12], [2, 3]))
        #expect(y[7] == HostTensor([0.0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5], [2, 6]))
    }

    @Test func gradientsPassBrokenNumbersOnlyWhereTheyAre() throws {
        // A cotangent that is not finite stays on its side of a select, and pow has a gradient at 0.
        let y = try Evaluator.run([HostTensor([0.0, 1]), HostTensor([2.0, 3])]) { graph, x in
            let infinite = graph.constant([.infinity, 1], .f64, shape: [2])
            return gradients(of: (select(x[0] .< x[1], x[0], x[1]) * infinite).sum(), withRespectTo: x)
                + gradients(of: pow(x[0], x[1]).sum(), withRespectTo: x)
        }
        #expect(y.map(\.numbers) == [[.infinity, 1], [0, 0], [0, 3], [0, 0]])
    }
}

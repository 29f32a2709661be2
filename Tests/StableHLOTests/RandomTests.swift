import PJRT
import StableHLO
import TestSupport
import Testing

/// The counter-based generator.
@Suite struct RandomTests {
    /// Key, counter and result of Random123's known answers for threefry2x32 with 20 rounds, words from low to high.
    static let knownAnswers: [[UInt32]] = [
        [0, 0, 0, 0, 0x6b20_0159, 0x99ba_4efe],
        [.max, .max, .max, .max, 0x1cb9_96fc, 0xbb00_2be7],
        [0x1319_8a2e, 0x0370_7344, 0x243f_6a88, 0x85a3_08d3, 0xc492_3a9c, 0x483d_f7a0],
    ]

    @Test(arguments: knownAnswers) func threefryGivesTheKnownAnswers(_ words: [UInt32]) throws {
        let y = try Evaluator.run(words.prefix(4).map { HostTensor($0) }) { _, x in
            let bits = RandomKey(x[0], x[1]).bits(x[3], x[2])
            return [bits.0, bits.1]
        }
        #expect(y == [HostTensor(words[4]), HostTensor(words[5])])
    }

    @Test func momentsAndRange() throws {
        let count = 1 << 18
        let y = try Evaluator.run([HostTensor(UInt32(42)), HostTensor(UInt32(7))]) { graph, x in
            let key = RandomKey(x[0], x[1])
            let index = graph.iota([count], .u32)
            let (u, z) = (key.uniform(index), key.normal(index))
            let neighbours = { (x: Value) in (x.sliced(0, 0..<(count - 1)) * x.sliced(0, 1..<count)).mean() }
            return [u.mean(), (u * u).mean(), u.min(), u.max(), z.mean(), (z * z).mean(), (z * z * z).mean(), (z * z * z * z).mean()]
                + [neighbours(z), abs(z).max(), (abs(z) .> 1).converted(to: .f32).mean()]
        }.map(\.number)
        // Five standard errors of each.
        let expected: [(Double, Double)] = [
            (0.5, 0.003), (1.0 / 3, 0.003), (0, 1e-4), (1, 1e-4), (0, 0.01), (1, 0.014), (0, 0.038), (3, 0.096), (0, 0.01), (4.7, 1.1),
            (0.317311, 0.0046),
        ]
        for (found, (value, tolerance)) in zip(y, expected) { #expect(Swift.abs(found - value) < tolerance) }
        #expect(y[3] < 1)
    }

    @Test func isTheSameInAnyOrderAndShape() throws {
        let y = try Evaluator.run([HostTensor(UInt32(1)), HostTensor(UInt32(2))]) { graph, x in
            let key = RandomKey(x[0], x[1])
            let whole = key.normal(graph.iota([6], .u32))
            let rows = graph.scan(carry: [], over: [graph.iota([6], .u32).reshaped([3, 2])], isReversed: true) { _, _, rows in
                ([], [key.normal(rows[0])])
            }
            return [
                whole, rows.stacked[0].reshaped([6]), key.normal(graph.constant(4, .u32)),
                RandomKey(x[1], x[0]).normal(graph.iota([6], .u32)),
            ]
        }
        #expect(y[0] == y[1])
        #expect(y[0].numbers[4] == y[2].number)
        #expect(y[0] != y[3])
    }
}

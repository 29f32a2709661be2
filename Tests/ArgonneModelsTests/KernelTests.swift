import ArgonneModels
import StableHLO
import TestSupport
import Testing

/// The processor's kernels against the same computations in plain operations. Each test asks for the kernel by name: where it silently fell
/// back, the comparison would compare nothing.
@Suite struct KernelTests {
    private static func normal(_ shape: [Int], _ seed: UInt64) -> HostTensor { KernelComparison.normal(shape, seed: seed) }

    @Test(arguments: [
        ("btd,ed->bte", [3, 37, 65], [130, 65]), ("btd,de->bte", [3, 37, 65], [65, 130]), ("bte,btd->ed", [3, 41, 70], [3, 41, 65]),
        ("bte,btd->de", [3, 41, 70], [3, 41, 65]), ("bmk,bkn->bmn", [5, 33, 65], [5, 65, 34]),
        ("bmk,bnk->bmn", [2, 129, 64], [2, 67, 64]),
        ("bkm,bkn->bmn", [2, 300, 31], [2, 300, 37]), ("k,kn->n", [700], [700, 701]), ("mk,k->m", [700, 512], [512]),
        ("abk,kcd->abcd", [3, 20, 90], [90, 7, 11]),
        // Longer than the stretch that is multiplied at once, divided by rows and by columns among two threads.
        ("mk,kn->mn", [2100, 1100], [1100, 70]), ("mk,nk->mn", [70, 1100], [300, 1100]), ("km,kn->mn", [2100, 130], [2100, 70]),
        ("km,kn->mn", [2100, 70], [2100, 130]),
    ])
    func products(formula: String, lhs: [Int], rhs: [Int]) throws {
        let comparison = try KernelComparison([Self.normal(lhs, 1), Self.normal(rhs, 2)]) { _, x in
            let product = einsum(formula, x[0], x[1])
            return [product] + gradients(of: (product * product).sum(), withRespectTo: x)
        }
        #expect(comparison.called.contains("argonne_dot_f32"))
        #expect(comparison.difference < 1e-5, "\(formula)")
    }

    @Test func smallAndUnorderedProductsStayPlain() throws {
        let small = try KernelComparison([Self.normal([4, 8], 1), Self.normal([8, 4], 2)]) { _, x in [einsum("mk,kn->mn", x[0], x[1])] }
        #expect(small.called.isEmpty)
        let unordered = try KernelComparison([Self.normal([8, 40, 8, 40], 1), Self.normal([8, 40, 512], 2)]) { _, x in
            [einsum("amck,akn->mcn", x[0], x[1])]
        }
        #expect(unordered.called.isEmpty)
        #expect(unordered.difference < 1e-5)
    }

    /// Shapes [B, T, N, K, H], the window, and whether there are documents. T past the length of a block of queries; odd sizes; the heads of
    /// 170 of Argonne 2.
    @Test(
        arguments: [
            ([2, 5, 2, 1, 8], nil, false), ([1, 1, 1, 1, 4], nil, false), ([2, 131, 6, 2, 16], nil, true),
            ([1, 300, 3, 3, 170], nil, false),
            ([2, 150, 4, 2, 33], 40, false), ([2, 150, 4, 2, 33], 40, true), ([1, 290, 2, 1, 24], 2, false),
            ([1, 290, 2, 1, 24], 6, false), ([2, 203, 3, 1, 20], 7, true), ([1, 12, 1, 1, 16], 100, false),
            ([1, 140, 2, 1, 24], 1_000, true),
            ([1, 1_100, 2, 2, 8], nil, true),
        ] as [([Int], Int?, Bool)])
    func attention(shape: [Int], window: Int?, hasDocuments: Bool) throws {
        let (B, T, N, K, H) = (shape[0], shape[1], shape[2], shape[3], shape[4])
        // Documents of uneven lengths, one of a single token, and a number that comes back later.
        let segments: [Int32] = (0..<B).flatMap { (b: Int) -> [Int32] in
            (0..<T).map { (t: Int) -> Int32 in t < 1 ? 7 : Int32((t + 13 * b) / 47 % 3) }
        }
        var arguments = [
            Self.normal([B, T, N, H], 1), Self.normal([B, T, K, H], 2), Self.normal([B, T, K, H], 3), Self.normal([B, T, N * H], 4),
        ]
        if hasDocuments { arguments.append(HostTensor(segments, [B, T])) }
        let comparison = try KernelComparison(arguments) { _, x in
            let y = Attention.causal(x[0], x[1], x[2], segments: hasDocuments ? x[4] : nil, window: window)
            return [y] + gradients(of: (y * x[3]).sum(), withRespectTo: Array(x[..<3]))
        }
        #expect(comparison.called.isSuperset(of: ["argonne_attention_f32", "argonne_attention_gradient_f32"]))
        #expect(comparison.difference < 2e-5)
    }

    /// A window of one key: each query reads its own value, and neither queries nor keys matter.
    @Test(arguments: [1, 7, 100]) func attentionToOneself(T: Int) throws {
        let (N, K, H) = (4, 2, 24)
        let arguments = [
            Self.normal([1, T, N, H], 1), Self.normal([1, T, K, H], 2), Self.normal([1, T, K, H], 3), Self.normal([1, T, N * H], 4),
        ]
        let comparison = try KernelComparison(arguments) { _, x in
            let y = Attention.causal(x[0], x[1], x[2], segments: nil, window: 1)
            let v = x[2].reshaped([1, T, K, 1, H]).broadcast(to: [1, T, K, N / K, H]).reshaped([1, T, N * H])
            return [y, v].flatMap { [$0] + gradients(of: ($0 * x[3]).sum(), withRespectTo: Array(x[..<3])) }
        }
        #expect(comparison.called.isSuperset(of: ["argonne_attention_f32", "argonne_attention_gradient_f32"]))
        for (y, v) in zip(comparison.fused[..<4], comparison.fused[4...]) { #expect(y.isClose(to: v, 1e-5)) }
    }

    @Test func attentionWithoutWeightsInMemoryEqualsTheTextbook() throws {
        let (B, T, N, K, H) = (2, 19, 6, 2, 10)
        let arguments = [
            Self.normal([B, T, N, H], 1), Self.normal([B, T, K, H], 2), Self.normal([B, T, K, H], 3), Self.normal([B, T, N * H], 4),
        ]
        let results = try Evaluator.run(arguments) { graph, x in
            let (row, column) = (graph.iota([1, T, T], along: 1), graph.iota([1, T, T], along: 2))
            let textbook = Attention.masked(x[0], x[1], x[2], visible: column .<= row)
            return [Attention.causal(x[0], x[1], x[2], segments: nil), textbook].flatMap { y in
                [y] + gradients(of: (y * x[3]).sum(), withRespectTo: Array(x[..<3]))
            }
        }
        for (fused, textbook) in zip(results[..<4], results[4...]) { #expect(fused.isClose(to: textbook, 1e-5)) }
    }

    /// Great scores, and differences so great that all but one weight vanish.
    @Test(arguments: [1.0, 30])
    func attentionOfGreatScores(factor: Double) throws {
        let arguments = [Self.normal([1, 70, 2, 16], 1), Self.normal([1, 70, 2, 16], 2), Self.normal([1, 70, 2, 16], 3)]
        let comparison = try KernelComparison(arguments) { _, x in
            let y = Attention.causal(x[0] * factor, x[1], x[2], segments: nil)
            return [y] + gradients(of: (y * y).sum(), withRespectTo: x)
        }
        #expect(comparison.difference < 1e-4)
    }

    /// The norm and its handwritten gradient, by the kernel and in plain operations, and the formula as reverse mode differentiates it.
    @Test(arguments: [[3, 37, 65], [1, 384], [1_000, 16]])
    func rootMeanSquareNormOfRows(shape: [Int]) throws {
        let size = shape[shape.count - 1]
        let arguments = [Self.normal(shape, 1), Self.normal([size], 2), Self.normal(shape, 3)]
        let comparison = try KernelComparison(arguments) { _, x in
            let formula = x[0] * rsqrt((x[0] * x[0]).mean([-1], keep: true) + 0.01) * x[1]
            return [rootMeanSquareNorm(x[0], scale: x[1], epsilon: 0.01), formula].flatMap { y in
                [y] + gradients(of: (y * x[2]).sum(), withRespectTo: Array(x[..<2]))
            }
        }
        #expect(comparison.called.isSuperset(of: ["argonne_rms_norm_f32", "argonne_rms_norm_gradient_f32"]))
        #expect(comparison.difference < 1e-5)
        for (norm, formula) in zip(comparison.fused[..<3], comparison.plain[3...]) { #expect(norm.isClose(to: formula, 1e-4)) }
    }

    /// Vocabulary and tokens that do not divide by anything, ignored labels among them, in one chunk and in several.
    @Test(arguments: [1 << 26, 4 * 1_003, 1])
    func crossEntropy(chunkElements: Int) throws {
        let (B, T, D, V) = (3, 12, 33, 1_003)
        let labels = (0..<(B * T)).map { Int32($0 % 5 == 2 ? CrossEntropy.ignoredLabel : $0 * 271 % V) }
        let arguments = [Self.normal([B, T, D], 1), Self.normal([V, D], 2), HostTensor(labels, [B, T])]
        let comparison = try KernelComparison(arguments) { _, x in
            let (sum, count) = CrossEntropy(chunkElements: chunkElements)(x[0], head: x[1], labels: x[2])
            return [sum, count] + gradients(of: sum / count, withRespectTo: [x[0], x[1]])
        }
        #expect(comparison.called.contains("argonne_cross_entropy_f32"))
        #expect(comparison.difference < 1e-5)
    }

    /// Stacks are not filled before the loop; every row of what it gives must be written all the same, in both directions.
    @Test(arguments: [false, true])
    func stacksOfALoop(isReversed: Bool) throws {
        let comparison = try KernelComparison([Self.normal([7, 3], 1), Self.normal([3], 2)]) { graph, x in
            let loop = graph.scan(carry: [x[1]], over: [x[0]], isReversed: isReversed) { _, carry, rows in
                let next = tanh(carry[0] * rows[0] + 0.5)
                return ([next], [next, next * 2])
            }
            let loss = loop.stacked.reduce(loop.carried[0].sum()) { $0 + $1.sum() }
            return loop.carried + loop.stacked + gradients(of: loss, withRespectTo: x)
        }
        #expect(comparison.called == ["argonne_uninitialized"])
        #expect(comparison.difference < 1e-6)
    }
}

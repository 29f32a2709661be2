import ArgonneModels
import PJRT
import SPMD
import StableHLO
import TestSupport
import Testing

/// What lies around cuDNN's calls, run on the CPU with stand-ins that compute what the calls are documented to compute: padding, layouts,
/// documents, and which values reach the backward call.
@Suite struct CuDNNAttentionTests {
    /// Heads of 6 need padding, and two query heads share a key/value head.
    private static let (B, T, N, K) = (2, 10, 4, 2)

    @Test(arguments: [(6, false, nil), (8, false, nil), (6, true, nil), (6, false, 3), (6, true, 4)] as [(Int, Bool, Int?)])
    func equalsComposedAttention(H: Int, hasSegments: Bool, window: Int?) throws {
        func outputs(isFused: Bool) throws -> [[Float]] {
            try run(H: H, hasSegments: hasSegments) { q, k, v, segments in
                isFused
                    ? CuDNNAttention.causal(q, k, v, segments: segments, window: window, forward: Self.forward, backward: Self.backward)
                    : Attention.causal(q, k, v, segments: segments, window: window)
            }
        }
        let (fused, composed) = (try outputs(isFused: true), try outputs(isFused: false))
        for (name, (a, b)) in zip(["output", "dq", "dk", "dv"], zip(fused, composed)) {
            #expect(a.count == b.count)
            let difference = zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
            #expect(difference < 2e-5, "\(name): \(difference)")
            #expect(b.contains { abs($0) > 0.01 })
        }
    }

    @Test func theCallsOfAProgram() throws {
        let graph = Graph()
        let q = graph.parameter("q", [2, 16, 6, 170], .bf16)
        let (k, v) = (graph.parameter("k", [2, 16, 2, 170], .bf16), graph.parameter("v", [2, 16, 2, 170], .bf16))
        let loss = Attention.causal(q, k, v, segments: nil, kernel: .cuDNN).converted(to: .f32).sum()
        let text = try graph.stableHLO(results: gradients(of: loss, withRespectTo: [q, k, v]))
        let calls = text.split(separator: "\n").filter { $0.contains("custom_call") }
        #expect(calls.count == 2)
        #expect(calls[0].contains("call_target_name = \"__cudnn$fmhaSoftmax\""))
        #expect(calls[1].contains("call_target_name = \"__cudnn$fmhaSoftmaxBackward\""))
        for call in calls {
            #expect(call.contains("tensor<2x16x6x176xbf16>, tensor<2x16x2x176xbf16>, tensor<2x16x2x176xbf16>"))
            #expect(call.contains("\\22fmha_scale\\22:0.07669"))
            #expect(call.contains("\\22mask_type\\22:\\22CAUSAL\\22"))
        }
    }

    @Test func kernelsAreChosenByWhatTheyTake() throws {
        func choice(_ preset: Preset, _ compute: ElementType = .bf16, on capability: String = "9.0") throws -> (AttentionKernel, String) {
            try AttentionKernel.best(for: preset.configuration().model(), compute: compute, computeCapability: capability)
        }
        #expect(try choice(.argonne2).0 == .cuDNN)
        #expect(try choice(.argonne2).1 == "heads of 170, padded to 176")
        #expect(try choice(.small).1 == "heads of 64")
        #expect(try choice(.small, on: "8.0").0 == .cuDNN)
        #expect(try choice(.argonne2, on: "8.0").0 == .composed)
        #expect(try choice(.small, on: "7.5").0 == .composed)
        #expect(try choice(.small, .f32).0 == .composed)
        #expect(try choice(.argonne15).0 == .composed)
    }

    /// A device without the kernel is never sent its calls.
    @Test func theCPUHasOnlyComposedAttention() throws {
        let runtime = try Runtime(client: TestClient.shared, mesh: Mesh())
        #expect(AttentionKernel.best(for: try Preset.small.configuration().model(), compute: .bf16, on: runtime).kernel != .cuDNN)
    }

    private func run(
        H: Int, hasSegments: Bool, _ attention: (_ q: Value, _ k: Value, _ v: Value, _ segments: Value?) -> Value
    ) throws -> [[Float]] {
        let (B, T, N, K) = (Self.B, Self.T, Self.N, Self.K)
        let graph = Graph()
        let shapes = [[B, T, N, H], [B, T, K, H], [B, T, K, H]]
        let inputs = zip(["q", "k", "v"], shapes).map { graph.parameter($0, $1, .f32) }
        let weight = graph.parameter("weight", [B, T, N * H], .f32)
        let segments = graph.parameter("segments", [B, T], .i32)
        let output = attention(inputs[0], inputs[1], inputs[2], hasSegments ? segments : nil)
        let results = [output] + gradients(of: (output * weight).sum(), withRespectTo: inputs)

        let runtime = try Runtime(client: TestClient.shared, mesh: Mesh())
        let program = try runtime.compile(graph, results: results.map { ($0, .replicated) })
        var generator = SplitMix64(seed: 7)
        var arrays = try (shapes + [[B, T, N * H]]).map { shape in
            try runtime.array((0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &generator) }, shape: shape)
        }
        arrays.append(try runtime.array((0..<(B * T)).map { Int32($0 % T / 4 + $0 / T) }, shape: [B, T]))
        return try program(arrays).map { try $0.values() }
    }

    /// Scores, masked as cuDNN masks them, with key/value heads repeated: [B, N, T, T].
    private static func scores(_ x: CuDNNAttention.Inputs) -> Value {
        let T = x.q_BTNH.shape[1]
        var scores = einsum("btnh,bsnh->bnts", x.q_BTNH, repeated(x.k_BTKH)) * x.scale
        if let bias = x.bias_B1TT { scores = scores + bias }
        let graph = scores.graph
        let (row, column) = (graph.iota([T, T], along: 0), graph.iota([T, T], along: 1))
        var isVisible = column .<= row
        if let window = x.window { isVisible = isVisible & (column .> row - Double(window)) }
        return select(isVisible.reshaped([1, 1, T, T]), scores, graph.constant(-1e30, .f32))
    }

    private static func repeated(_ x: Value) -> Value {
        let (B, T, K, H) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        return x.reshaped([B, T, K, 1, H]).broadcast(to: [B, T, K, N / K, H]).reshaped([B, T, N, H])
    }

    private static func forward(_ x: CuDNNAttention.Inputs) -> (o_BNTH: Value, sums_BNT: Value) {
        let scores = scores(x)
        let greatest = scores.max([-1], keep: true)
        let sums = (log(exp(scores - greatest).sum([-1], keep: true)) + greatest)
        return (einsum("bnts,bsnh->bnth", exp(scores - sums), repeated(x.v_BTKH)), sums.reshaped([B, N, T]))
    }

    private static func backward(_ x: CuDNNAttention.Inputs, _ o: Value, _ sums: Value, _ g: Value) -> [Value] {
        let shares = exp(scores(x) - sums.reshaped([B, N, T, 1]))
        let delta = (g * o).sum([-1]).transposed([0, 2, 1]).reshaped([B, N, T, 1])
        let slopes = shares * (einsum("btnh,bsnh->bnts", g, repeated(x.v_BTKH)) - delta) * x.scale
        func grouped(_ y: Value) -> Value {
            let (T, H) = (y.shape[2], y.shape[3])
            return y.reshaped([B, K, N / K, T, H]).sum([2])
        }
        return [
            einsum("bnts,bsnh->bnth", slopes, repeated(x.k_BTKH)), grouped(einsum("bnts,btnh->bnsh", slopes, x.q_BTNH)),
            grouped(einsum("bnts,btnh->bnsh", shares, g)),
        ]
    }
}

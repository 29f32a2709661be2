import Foundation
import PJRT
import StableHLO

/// Causal attention by cuDNN's fused kernels, forward and backward, as custom calls that XLA's CUDA plugin knows.
///
/// Letters in names: B sequences, T tokens, N query heads, K key/value heads, H head dimension. Key/value heads are shared by groups of
/// query heads without being repeated. cuDNN takes heads whose size is a multiple of 8: others get zeros, which change no score and give
/// results and gradients that are zero there.
package enum CuDNNAttention {
    /// What a fused kernel computes: from q, k, v and a bias, the output o [B, N, T, H] and the softmax's log-sums [B, N, T] (float32).
    package typealias Forward = (_ inputs: Inputs) -> (o_BNTH: Value, sums_BNT: Value)
    /// From the same, the forward results (o as [B, T, N, H]) and o's cotangent [B, T, N, H], the cotangents of q, k and v with heads before
    /// tokens.
    package typealias Backward = (_ inputs: Inputs, _ o_BTNH: Value, _ sums_BNT: Value, _ g_BTNH: Value) -> [Value]

    /// What both kernels read.
    package struct Inputs {
        package let q_BTNH: Value
        package let k_BTKH: Value
        package let v_BTKH: Value
        /// Added to the scores, [B, 1, T, T]; nil for none.
        package let bias_B1TT: Value?
        /// Factor of the scores.
        package let scale: Double
        /// How many tokens back a query sees, itself included; nil for all.
        package let window: Int?

        var tensors: [Value] { [q_BTNH, k_BTKH, v_BTKH] }
    }

    /// The greatest head dimension on a GPU of a compute capability, or nil where the kernels do not run.
    static func longestHead(computeCapability: String) -> Int? {
        guard let major = computeCapability.split(separator: ".").first.flatMap({ Int($0) }), major >= 8 else { return nil }
        return major >= 9 ? 256 : 128
    }

    /// A head dimension with its padding.
    static func paddedHead(_ H: Int) -> Int { (H + 7) / 8 * 8 }

    /// Whether a program of these shapes can use the kernels. They take a bias, which documents need, only for an even number of tokens.
    static func takes(_ q: Value, segments: Value?) -> Bool { q.element == .bf16 && (segments == nil || q.shape[1] % 2 == 0) }

    /// Each query sees the keys up to its own position, and where `segments` [B, T] are given only those of its own document.
    ///
    /// - Parameters: q [B, T, N, H], k and v [B, T, K, H]; `forward` and `backward` are the kernels.
    /// - Returns: [B, T, N·H].
    package static func causal(
        _ q: Value, _ k: Value, _ v: Value, segments: Value?, window: Int? = nil, forward: Forward = CuDNNAttention.forward,
        backward: @escaping Backward = CuDNNAttention.backward
    ) -> Value {
        let (B, T, N, H) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3])
        let missing = paddedHead(H) - H
        let pad = { (x: Value) in missing == 0 ? x : x.padded(low: [0, 0, 0, 0], high: [0, 0, 0, missing]) }
        let scale = 1 / Double(H).squareRoot()
        let inputs = Inputs(
            q_BTNH: pad(q), k_BTKH: pad(k), v_BTKH: pad(v), bias_B1TT: segments.map { separation($0, q.element) }, scale: scale,
            window: window)

        let (o_BNTH, sums_BNT) = forward(inputs)
        let o_BTNH = o_BNTH.transposed([0, 2, 1, 3])
        let kept = [sums_BNT, o_BTNH] + (inputs.bias_B1TT.map { [$0] } ?? [])
        let result = o_BTNH.withGradient(of: inputs.tensors, keeping: kept) { g, values in
            let inputs = Inputs(
                q_BTNH: values[0], k_BTKH: values[1], v_BTKH: values[2], bias_B1TT: values.count > 5 ? values[5] : nil, scale: scale,
                window: window)
            return backward(inputs, values[4], values[3], g).map { $0.transposed([0, 2, 1, 3]) }
        }
        return (missing == 0 ? result : result.sliced(3, 0..<H)).reshaped([B, T, N * H])
    }

    /// Scores' bias [B, 1, T, T] that hides other documents: exact for any number of them. Lengths of packed documents, which cuDNN takes
    /// too, would let it skip their products, but want a bound on the documents of a sequence and that many copies of the log-sums.
    private static func separation(_ segments: Value, _ element: ElementType) -> Value {
        let (B, T) = (segments.shape[0], segments.shape[1])
        let isSame = segments.reshaped([B, 1, T, 1]) .== segments.reshaped([B, 1, 1, T])
        // As far below any score as bfloat16 stays exact, and far from where two of them would add up to infinity.
        return select(isSame, segments.graph.constant(0, element), segments.graph.constant(-0x1p41, element))
    }
}

extension CuDNNAttention {
    package static func forward(_ x: Inputs) -> (o_BNTH: Value, sums_BNT: Value) {
        let (B, T, N, H) = (x.q_BTNH.shape[0], x.q_BTNH.shape[1], x.q_BTNH.shape[2], x.q_BTNH.shape[3])
        let results = call(
            x, x.tensors + (x.bias_B1TT.map { [$0] } ?? []),
            results: [TensorType([B, N, T, H], x.q_BTNH.element), TensorType([B, N, T], .f32)],
            isBackward: false)
        return (results[0], results[1])
    }

    package static func backward(_ x: Inputs, _ o_BTNH: Value, _ sums_BNT: Value, _ g_BTNH: Value) -> [Value] {
        let results = x.tensors.map { TensorType([$0.shape[0], $0.shape[2], $0.shape[1], $0.shape[3]], $0.element) }
        return call(
            x, x.tensors + [sums_BNT, g_BTNH] + (x.bias_B1TT.map { [$0] } ?? []) + [o_BTNH], results: results, isBackward: true)
    }

    /// The custom call with its workspace, whose size XLA finds out when it compiles; gives the results without it.
    private static func call(_ x: Inputs, _ operands: [Value], results: [TensorType], isBackward: Bool) -> [Value] {
        let name = "__cudnn$fmha" + (x.bias_B1TT == nil ? "Softmax" : "ScaleBiasSoftmax") + (isBackward ? "Backward" : "")
        let rowMajor = { (rank: Int) in Array((0..<rank).reversed()) }
        // In memory all tensors are [B, T, N, H]; results are described with heads before tokens.
        let resultLayouts = results.map { $0.rank == 4 ? [3, 1, 2, 0] : rowMajor($0.rank) }
        let values = x.q_BTNH.graph.customCall(
            name, operands, results: results + [TensorType([0], .u8)], .text(CuDNNConfiguration(x, isBackward: isBackward).text),
            layouts: (operands.map { rowMajor($0.rank) }, resultLayouts + [[0]]))
        return Array(values.prefix(results.count))
    }
}

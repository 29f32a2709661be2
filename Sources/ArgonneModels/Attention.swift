import PJRT
import StableHLO

/// Scaled dot-product attention with grouped query heads, written in plain operations, or by a device's own kernel.
///
/// Shapes: B sequences, T queries, S keys, K key/value heads, G query heads a key/value head, H head dimension.
package enum Attention {
    /// Each query sees the keys up to its own position, and where `segments` [B, T] are given only those of its own document.
    ///
    /// - Parameters:
    ///   - q: [B, T, K·G, H]; k and v are [B, T, K, H].
    ///   - window: how many keys a query sees at most, its own included.
    ///   - kernel: is used as far as it does what is asked for.
    ///   - dropout: changes the weights [B, K, G, T, S] of values.
    /// - Returns: [B, T, K·G·H].
    package static func causal(
        _ q: Value, _ k: Value, _ v: Value, segments: Value?, window: Int? = nil, kernel: AttentionKernel = .composed,
        dropout: ((Value) -> Value)? = nil
    ) -> Value {
        if kernel == .cuDNN, dropout == nil, CuDNNAttention.takes(q, segments: segments) {
            return CuDNNAttention.causal(q, k, v, segments: segments, window: window)
        }
        let segments = segments ?? q.graph.constant(0, .i32, shape: [0])
        if let dropout { return masked(q, k, v, visible: visible(q, segments, window), dropout: dropout) }
        return fused(q, k, v, segments, window)
    }

    /// Which keys each query sees, [B or 1, T, T]. Without documents `segments` is empty.
    private static func visible(_ q: Value, _ segments: Value, _ window: Int?) -> Value {
        let T = q.shape[1]
        let (row, column) = (q.graph.iota([T, T], along: 0), q.graph.iota([T, T], along: 1))
        var visible = column .<= row
        if let window { visible = visible & (column .> row - Double(window)) }
        guard segments.type.count > 0 else { return visible.reshaped([1, T, T]) }
        let B = segments.shape[0]
        return visible & (segments.reshaped([B, T, 1]) .== segments.reshaped([B, 1, T]))
    }

    /// Each query sees the keys that `visible` [B or 1, T, S] says; keys and values are [B, S, K, H].
    ///
    /// - Parameter dropout: changes the weights [B, K, G, T, S] of values.
    package static func masked(_ q: Value, _ k: Value, _ v: Value, visible: Value, dropout: ((Value) -> Value)? = nil) -> Value {
        let shares = softmax(maskedScores(q, k, visible: visible))
        let weights = (dropout?(shares) ?? shares).converted(to: v.element)
        return einsum("bkgts,bskh->btkgh", weights, v).reshaped([q.shape[0], q.shape[1], -1])
    }

    /// Scores [B, K, G, T, S] in float32 whatever the operands are; those of keys that are not seen vanish in a softmax.
    private static func maskedScores(_ q: Value, _ k: Value, visible: Value) -> Value {
        let (B, T, N, H) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3])
        let (S, K) = (k.shape[1], k.shape[2])
        let scores_BKGTS = einsum("btkgh,bskh->bkgts", q.reshaped([B, T, K, N / K, H]), k, result: .f32) * scale(H)
        return select(visible.reshaped([visible.shape[0], 1, 1, T, S]), scores_BKGTS, scores_BKGTS.graph.constant(-1e30, .f32))
    }

    private static func scale(_ headDimension: Int) -> Double { 1 / Double(headDimension).squareRoot() }

    /// Each query sees the keys that `visible` [B, T, S] says; keys and values lie as a cache keeps them, [B·K, H, S] and [B·K, S, H].
    static func cached(_ q: Value, _ k: Value, _ v: Value, visible: Value) -> Value {
        let (B, T, N, H) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3])
        let (K, S) = (k.shape[0] / B, k.shape[2])
        let G = N / K
        let q_PQH = q.reshaped([B, T, K, G, H]).transposed([0, 2, 1, 3, 4]).reshaped([B * K, T * G, H])
        let scores_PQS = einsum("pqh,phs->pqs", q_PQH, k, result: .f32) * scale(H)
        let visible_PQS = visible.reshaped([B, 1, T, 1, S]).broadcast(to: [B, K, T, G, S]).reshaped(scores_PQS.shape)
        let weights = softmax(select(visible_PQS, scores_PQS, scores_PQS.graph.constant(-1e30, .f32))).converted(to: v.element)
        let y_PQH = einsum("pqs,psh->pqh", weights, v)
        return y_PQH.reshaped([B, K, T, G, H]).transposed([0, 2, 1, 3, 4]).reshaped([B, T, N * H])
    }
}

// MARK: - Without attention weights in memory
extension Attention {
    /// Causal attention whose gradient needs no attention weights: it computes them again from the logarithm of each query's sum of
    /// exponentials, so that no [T, T] tensor is kept for the backward pass (FlashAttention, Dao, arXiv:2307.08691).
    private static func fused(_ q: Value, _ k: Value, _ v: Value, _ segments: Value, _ window: Int?) -> Value {
        let attributes: KeyValuePairs<String, Kernel.Attribute> = ["window": .int(window ?? 0)]
        let forward = q.graph.kernel(Kernel("argonne_attention_\(q.element.mlirName)", attributes), [q, k, v, segments]) { x in
            let scores_BKGTS = maskedScores(x[0], x[1], visible: visible(x[0], x[3], window))
            let greatest = scores_BKGTS.max([-1], keep: true)
            let exponentials = exp(scores_BKGTS - greatest)
            let sum = exponentials.sum([-1], keep: true)
            let y = einsum("bkgts,bskh->btkgh", (exponentials / sum).converted(to: v.element), x[2])
            return [y.reshaped([q.shape[0], q.shape[1], -1]), (log(sum) + greatest).reshaped([q.shape[0], q.shape[2], q.shape[1]])]
        }
        return forward[0].withGradient(of: [q, k, v], keeping: [segments] + forward) { g, x in
            g.graph.kernel(Kernel("argonne_attention_gradient_\(g.element.mlirName)", attributes), x + [g]) { x in gradient(x, window) }
        }
    }

    /// Gradients of q, k and v from [q, k, v, segments, output, logarithms of the sums of exponentials, the output's gradient].
    private static func gradient(_ x: [Value], _ window: Int?) -> [Value] {
        let (q, k, v, segments, y, logSums, g) = (x[0], x[1], x[2], x[3], x[4], x[5], x[6])
        let (B, T, K, H) = (k.shape[0], k.shape[1], k.shape[2], k.shape[3])
        let G = q.shape[2] / K
        let weights_BKGTS = exp(maskedScores(q, k, visible: visible(q, segments, window)) - logSums.reshaped([B, K, G, T, 1]))
        let g_BTKGH = g.reshaped([B, T, K, G, H])
        let dWeights_BKGTS = einsum("btkgh,bskh->bkgts", g_BTKGH, v, result: .f32)
        // Σₛ weight · dWeight is what the output and its gradient give when multiplied.
        let product_BKGT = (g.converted(to: .f32) * y.converted(to: .f32)).reshaped([B, T, K, G, H]).sum([-1]).transposed([0, 2, 3, 1])
        let dScores_BKGTS = (weights_BKGTS * (dWeights_BKGTS - product_BKGT.reshaped([B, K, G, T, 1])) * scale(H)).converted(to: q.element)
        return [
            einsum("bkgts,bskh->btkgh", dScores_BKGTS, k).reshaped(q.shape),
            einsum("bkgts,btkgh->bskh", dScores_BKGTS, q.reshaped([B, T, K, G, H])),
            einsum("bkgts,btkgh->bskh", weights_BKGTS.converted(to: g.element), g_BTKGH),
        ]
    }
}

/// Exponentials over their sum along the last dimension.
///
/// Its gradient is written by hand: y · (g − Σ g·y), which needs only the result.
public func softmax(_ x: Value) -> Value {
    let exponentials = exp(x - x.max([-1], keep: true))
    let y = exponentials / exponentials.sum([-1], keep: true)
    return y.withGradient(of: [x], keeping: [y]) { g, values in
        let y = values[1]
        return [y * (g - (g * y).sum([-1], keep: true))]
    }
}

/// Layer normalisation with bias, computed in float32 (Ba et al., arXiv:1607.06450).
public func layerNorm(_ x: Value, scale: Value, bias: Value, epsilon: Double) -> Value {
    let wide = x.converted(to: .f32)
    let centered = wide - wide.mean([-1], keep: true)
    let normalized = centered * rsqrt((centered * centered).mean([-1], keep: true) + epsilon)
    return (normalized * scale.converted(to: .f32) + bias.converted(to: .f32)).converted(to: x.element)
}

extension Value {
    /// This value carried through a loop over the rows of some tensors.
    func scanned(over tensors: [Value], _ recomputation: Recomputation, _ body: (Value, [Value]) -> Value) -> Value {
        graph.scan(carry: [self], over: tensors, recomputation) { _, carry, rows in ([body(carry[0], rows)], []) }.carried[0]
    }

    /// The result of `body` on this value, whose inner values a backward pass computes again.
    func checkpointed(_ recomputation: Recomputation, _ body: (Value) -> Value) -> Value {
        graph.checkpoint([self], recomputation) { [body($0[0])] }[0]
    }
}

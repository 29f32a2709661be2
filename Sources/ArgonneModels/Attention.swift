import PJRT
import StableHLO

/// Scaled dot-product attention with grouped query heads, written in plain operations, or by a device's own kernel.
///
/// Shapes: B sequences, T queries, S keys, K key/value heads, G query heads a key/value head, H head dimension.
package enum Attention {
    /// Each query sees the keys up to its own position, and where `segments` [B, T] are given only those of its own document.
    ///
    /// - Parameters: q [B, T, K·G, H], k and v [B, T, K, H]; `kernel` is used as far as it does what is asked for.
    /// - Returns: [B, T, K·G·H].
    package static func causal(
        _ q: Value, _ k: Value, _ v: Value, segments: Value?, window: Int? = nil, kernel: AttentionKernel = .composed,
        dropout: ((Value) -> Value)? = nil
    ) -> Value {
        if kernel == .cuDNN, dropout == nil, CuDNNAttention.takes(q, segments: segments) {
            return CuDNNAttention.causal(q, k, v, segments: segments, window: window)
        }
        let T = q.shape[1]
        let graph = q.graph
        let (row, column) = (graph.iota([T, T], along: 0), graph.iota([T, T], along: 1))
        var visible = column .<= row
        if let window { visible = visible & (column .> row - Double(window)) }
        if let segments {
            let B = segments.shape[0]
            visible = visible & (segments.reshaped([B, T, 1]) .== segments.reshaped([B, 1, T]))
            return masked(q, k, v, visible: visible, dropout: dropout)
        }
        return masked(q, k, v, visible: visible.reshaped([1, T, T]), dropout: dropout)
    }

    /// Each query sees the keys that `visible` [B or 1, T, S] says; keys and values are [B, S, K, H].
    ///
    /// - Parameter dropout: changes the weights [B, K, G, T, S] of values.
    static func masked(_ q: Value, _ k: Value, _ v: Value, visible: Value, dropout: ((Value) -> Value)? = nil) -> Value {
        let (B, T, N, H) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3])
        let (S, K) = (k.shape[1], k.shape[2])
        let q_BTKGH = q.reshaped([B, T, K, N / K, H])
        // Scores and their softmax are float32 whatever the operands are.
        let scores_BKGTS = einsum("btkgh,bskh->bkgts", q_BTKGH, k, result: .f32) * (1 / Double(H).squareRoot())
        let hidden = scores_BKGTS.graph.constant(-1e30, .f32)
        let shares = softmax(select(visible.reshaped([visible.shape[0], 1, 1, T, S]), scores_BKGTS, hidden))
        let weights = (dropout?(shares) ?? shares).converted(to: v.element)
        return einsum("bkgts,bskh->btkgh", weights, v).reshaped([B, T, N * H])
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

/// Root-mean-square normalisation, computed in float32 (Zhang and Sennrich, arXiv:1910.07467).
public func rootMeanSquareNorm(_ x: Value, scale: Value, epsilon: Double) -> Value {
    let wide = x.converted(to: .f32)
    let normalized = wide * rsqrt((wide * wide).mean([-1], keep: true) + epsilon)
    return normalized.converted(to: x.element) * scale.converted(to: x.element)
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

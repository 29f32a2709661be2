import PJRT
import StableHLO

/// Scaled dot-product attention with grouped query heads, written in plain operations.
///
/// Shapes: B sequences, T queries, S keys, K key/value heads, G query heads a key/value head, H head dimension.
enum Attention {
    /// Each query sees the keys up to its own position, and where `segments` [B, T] are given only those of its own document.
    ///
    /// - Parameters: q [B, T, K·G, H], k and v [B, T, K, H].
    /// - Returns: [B, T, K·G·H].
    static func causal(
        _ q: Value, _ k: Value, _ v: Value, segments: Value?, window: Int? = nil, dropout: ((Value) -> Value)? = nil
    ) -> Value {
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

    /// Each query sees the keys that `visible` [B, T, S] says; keys and values lie as a cache keeps them, [B·K, H, S] and [B·K, S, H].
    static func cached(_ q: Value, _ k: Value, _ v: Value, visible: Value) -> Value {
        let (B, T, N, H) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3])
        let (K, S) = (k.shape[0] / B, k.shape[2])
        let G = N / K
        let q_PQH = q.reshaped([B, T, K, G, H]).transposed([0, 2, 1, 3, 4]).reshaped([B * K, T * G, H])
        let scores_PQS = einsum("pqh,phs->pqs", q_PQH, k, result: .f32) * (1 / Double(H).squareRoot())
        let visible_PQS = visible.reshaped([B, 1, T, 1, S]).broadcast(to: [B, K, T, G, S]).reshaped(scores_PQS.shape)
        let weights = softmax(select(visible_PQS, scores_PQS, scores_PQS.graph.constant(-1e30, .f32))).converted(to: v.element)
        let y_PQH = einsum("pqs,psh->pqh", weights, v)
        return y_PQH.reshaped([B, K, T, G, H]).transposed([0, 2, 1, 3, 4]).reshaped([B, T, N * H])
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

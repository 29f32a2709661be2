import StableHLO

/// Root-mean-square normalisation of the last dimension, computed in float32 (Zhang and Sennrich, arXiv:1910.07467).
///
/// Its gradient is written by hand: with r = 1 / √(mean x² + ε) and y = r · x · s, it is dx = r · (g·s − x · r² · mean(g·s·x)) and
/// ds = Σ g · r · x over all rows.
///
/// - Parameter scale: one number for each element of a row.
public func rootMeanSquareNorm(_ x: Value, scale: Value, epsilon: Double) -> Value {
    let element = x.element
    let kernel = Kernel("argonne_rms_norm_\(element.mlirName)", ["epsilon": .float(epsilon)], isProduct: false)
    let forward = x.graph.kernel(kernel, [x, scale.converted(to: element)]) { x in
        let wide = x[0].converted(to: .f32)
        let factor = rsqrt((wide * wide).mean([-1], keep: true) + epsilon)
        return [(wide * factor).converted(to: element) * x[1], factor]
    }
    return forward[0].withGradient(of: [x, scale], keeping: [forward[1]]) { g, values in
        let kernel = Kernel("argonne_rms_norm_gradient_\(element.mlirName)", isProduct: false)
        let operands = [values[0], values[1].converted(to: element), values[2], g]
        let gradients = g.graph.kernel(kernel, operands) { x in
            let (wide, scale, factor) = (x[0].converted(to: .f32), x[1].converted(to: .f32), x[2])
            let scaled = x[3].converted(to: .f32) * scale
            let dx = factor * (scaled - wide * (factor * factor * (scaled * wide).mean([-1], keep: true)))
            let dScale = (x[3].converted(to: .f32) * wide * factor).sum(Array(0..<(wide.shape.count - 1)))
            return [dx.converted(to: element), dScale]
        }
        return [gradients[0], gradients[1].converted(to: values[1].element)]
    }
}

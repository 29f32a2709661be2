import Foundation
import PJRT
import StableHLO

/// Adam with weight decay apart from the gradient (Loshchilov and Hutter, arXiv:1711.05101), as PyTorch's AdamW computes it.
public struct AdamW: Codable, Sendable, Hashable {
    /// How slowly the mean of gradients moves.
    public var beta1: Double
    /// How slowly the mean of squared gradients moves.
    public var beta2: Double
    /// Added to the root of the mean square.
    public var epsilon: Double
    /// Shrinks matrices by this share of the learning rate each step.
    public var weightDecay: Double
    /// The greatest Euclidean norm that the gradients of all weights together may have.
    public var clipNorm: Double

    /// The optimizer of Argonne 2.
    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.1, clipNorm: Double = 1) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.clipNorm = clipNorm
    }

    /// What all weights share in a step: the gradients' factor, the learning rate, the same over 1 − β₁ᵗ, √(1 − β₂ᵗ), and 1 where the
    /// step is taken; float32 [5].
    ///
    /// - Parameters:
    ///   - step: how many steps were taken before this one, float32.
    ///   - norm: of all gradients together.
    ///   - share: what gradients are multiplied with to be those that the norm is of.
    ///   - isFinite: whether the step is taken.
    func step(_ step: Value, rate: Value, norm: Value, share: Value, isFinite: Value) -> Value {
        let t = step + 1
        // 1 − βᵗ by way of e^(t ln β) − 1: the difference itself would lose four digits in float32 at the first steps.
        let correction = { (beta: Double) in -expm1(t * Foundation.log(beta)) }
        // As torch.nn.utils.clip_grad_norm_ does it.
        let scale = min(clipNorm / (norm + 1e-6), norm * 0 + 1) * share
        let numbers = [scale, rate, rate / correction(beta1), sqrt(correction(beta2)), isFinite.converted(to: .f32)]
        return concatenate(numbers.map { $0.reshaped([1]) }, along: 0)
    }

    /// The weight and its two means after the step; unchanged where the step is not taken.
    func update(_ weight: Value, mean: Value, square: Value, gradient: Value, decays: Bool, _ numbers: Value) -> [Value] {
        let decay = decays ? weightDecay : 0
        let kernel = Kernel(
            "argonne_adamw_\(weight.element.mlirName)",
            ["beta1": .float(beta1), "beta2": .float(beta2), "epsilon": .float(epsilon), "decay": .float(decay)],
            inPlace: [0: 0, 1: 1, 2: 2])
        return weight.graph.kernel(kernel, [weight, mean, square, gradient, numbers]) { x in
            let numbers = x[4].split(0, into: 5).map { $0.reshaped([]) }
            let (scale, rate, stepSize, rootCorrection, isFinite) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4] .> 0)
            let g = x[3] * scale
            let mean = x[1] * beta1 + g * (1 - beta1)
            let square = x[2] * beta2 + g * g * (1 - beta2)
            let root = sqrt(square) / rootCorrection + epsilon
            let weight = x[0] * (1 - rate * decay) - mean / root * stepSize
            return zip([weight, mean, square], x).map { select(isFinite, $0, $1) }
        }
    }
}

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

    /// What all weights share in a step.
    struct Step {
        /// Learning rate.
        let rate: Value
        /// What each gradient is multiplied with: the clipping.
        let scale: Value
        /// 1 − β₁ᵗ and 1 − β₂ᵗ.
        let corrections: (Value, Value)
    }

    /// - Parameters:
    ///   - step: how many steps were taken before this one, float32.
    ///   - norm: of all gradients together.
    func step(_ step: Value, rate: Value, norm: Value) -> Step {
        let t = step + 1
        // 1 − βᵗ by way of e^(t ln β) − 1: the difference itself would lose four digits in float32 at the first steps.
        let correction = { (beta: Double) in -expm1(t * Foundation.log(beta)) }
        // As torch.nn.utils.clip_grad_norm_ does it.
        let scale = min(clipNorm / (norm + 1e-6), norm * 0 + 1)
        return Step(rate: rate, scale: scale, corrections: (correction(beta1), correction(beta2)))
    }

    /// The weight and its two means after the step.
    func update(_ weight: Value, mean: Value, square: Value, gradient: Value, decays: Bool, _ step: Step) -> (Value, Value, Value) {
        let g = gradient * step.scale
        let mean = mean * beta1 + g * (1 - beta1)
        let square = square * beta2 + g * g * (1 - beta2)
        let root = sqrt(square) / sqrt(step.corrections.1) + epsilon
        let decayed = decays ? weight * (1 - step.rate * weightDecay) : weight
        return (decayed - mean / root * (step.rate / step.corrections.0), mean, square)
    }
}

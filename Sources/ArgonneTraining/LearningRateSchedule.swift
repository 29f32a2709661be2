import Foundation
import PJRT
import StableHLO

/// The learning rate over the steps of a run.
public struct LearningRateSchedule: Codable, Sendable, Hashable {
    /// The shape after the warm-up.
    public enum Shape: String, Codable, Sendable, CaseIterable {
        /// Half a cosine from the peak to the minimum.
        case cosine
        /// The peak until the last `decaySteps` steps, then a straight line to the minimum ("warm-up-stable-decay").
        case stable = "wsd"
        /// The peak for ever.
        case constant
    }

    /// The shape after the warm-up.
    public var shape: Shape
    /// The greatest rate.
    public var peak: Double
    /// Where the warm-up begins and the decay ends.
    public var minimum: Double
    /// Steps from the minimum to the peak.
    public var warmupSteps: Int
    /// Steps of the whole run.
    public var totalSteps: Int
    /// Steps of the decay, for the stable shape.
    public var decaySteps: Int

    /// A schedule.
    public init(shape: Shape = .cosine, peak: Double, minimum: Double, warmupSteps: Int, totalSteps: Int, decaySteps: Int = 0) {
        self.shape = shape
        self.peak = peak
        self.minimum = minimum
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
        self.decaySteps = decaySteps
    }

    /// The rate of a step as a program computes it; `step`, float32, counts from 0.
    ///
    /// Warm-up is minimum + (peak − minimum) · step / warm-up steps; the cosine is minimum + (peak − minimum) · ½ (1 + cos(π · progress)).
    public func rate(at step: Value) -> Value {
        let span = peak - minimum
        let one = step * 0 + 1
        let warm = step * (span / Double(max(warmupSteps, 1))) + minimum
        let after: Value
        switch shape {
        case .cosine:
            let progress = min(max((step - Double(warmupSteps)) / Double(max(totalSteps - warmupSteps, 1)), one * 0), one)
            after = (cos(progress * Double.pi) + 1) * (span / 2) + minimum
        case .stable:
            let left = min(max((Double(totalSteps) - step) / Double(max(decaySteps, 1)), one * 0), one)
            after = left * span + minimum
        case .constant:
            after = one * peak
        }
        return select(step .< Double(warmupSteps), warm, after)
    }
}

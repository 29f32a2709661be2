import Foundation

/// Where a run keeps its files.
public struct RunFolder: Sendable {
    /// The folder's path.
    public let path: String

    /// A run folder that is or will be at this path.
    public init(_ path: String) { self.path = path }

    /// The training configuration, written once when the run begins.
    public var configuration: String { path + "/config.json" }
    /// One JSON object a step.
    public var metrics: String { path + "/metrics.jsonl" }
    /// One JSON object a sample.
    public var samples: String { path + "/samples.jsonl" }
    /// The loss curve.
    public var lossChart: String { path + "/loss.svg" }
    /// Where steps spend their time, where that was asked for.
    public var profile: String { path + "/profile" }
    /// The tokenizer that the run was trained with.
    public var tokenizer: String { path + "/tokenizer" }
    /// One folder a checkpoint.
    public var checkpoints: String { path + "/checkpoints" }

    /// Steps of the checkpoints that are there, newest first.
    public func checkpointSteps() -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: checkpoints)) ?? []
        return names.compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }.sorted(by: >)
    }

    /// Whether a run was begun here that has not finished a step.
    var isBeforeFirstStep: Bool {
        (try? TrainingConfiguration(folder: self)) != nil && checkpointSteps().isEmpty
            && FileManager.default.contents(atPath: metrics)?.isEmpty ?? true
    }

    /// The folder of a step's checkpoint.
    public func checkpoint(_ step: Int) -> String {
        let digits = String(step)
        return checkpoints + "/step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}

/// A training run that cannot begin or go on.
public struct TrainingError: Error, Sendable, CustomStringConvertible {
    /// What happened and what to do.
    public let description: String

    /// An error with its message.
    public init(_ description: String) { self.description = description }
}

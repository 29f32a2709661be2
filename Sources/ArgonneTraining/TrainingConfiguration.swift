import ArgonneData
import ArgonneModels
import Foundation
import PJRT
import SPMD
import StableHLO

/// Everything that decides what a run computes. A run keeps it in its `config.json`, and `resume` needs nothing else.
public struct TrainingConfiguration: Codable, Sendable {
    /// The model's shape.
    public var model: ModelConfiguration
    /// `bytes`, or the folder that the tokenizer was loaded from; the run keeps a copy.
    public var tokenizer: String
    /// What is read, and how documents become sequences.
    public var corpus: CorpusConfiguration
    /// The kind of device.
    public var device: Plugin.Name
    /// The devices' grid.
    public var mesh: Mesh
    /// Steps of the whole run.
    public var steps: Int
    /// How many sequences a step reads, and how.
    public var layout: BatchLayout
    /// The optimizer.
    public var optimizer: AdamW
    /// The learning rate.
    public var schedule: LearningRateSchedule
    /// The element type of activations and matrix products.
    public var compute: ElementType
    /// What the backward pass computes again.
    public var recomputation: Recomputation
    /// Whether the embedding and the head are dealt out along the tensor axis.
    public var isVocabularyParallel: Bool
    /// Decides how weights begin and how data is shuffled.
    public var seed: UInt64
    /// Steps between checkpoints.
    public var checkpointEvery: Int
    /// Newest checkpoints that are kept.
    public var checkpointsKept: Int
    /// Steps between samples; 0 for none.
    public var sampleEvery: Int
    /// What samples begin with.
    public var samplePrompt: String
    /// Threads that read and tokenise.
    public var workers: Int

    /// A configuration.
    public init(
        model: ModelConfiguration, tokenizer: String, corpus: CorpusConfiguration, device: Plugin.Name, mesh: Mesh, steps: Int,
        layout: BatchLayout,
        optimizer: AdamW, schedule: LearningRateSchedule, compute: ElementType, recomputation: Recomputation, isVocabularyParallel: Bool,
        seed: UInt64,
        checkpointEvery: Int, checkpointsKept: Int, sampleEvery: Int, samplePrompt: String, workers: Int
    ) {
        self.model = model
        self.tokenizer = tokenizer
        self.corpus = corpus
        self.device = device
        self.mesh = mesh
        self.steps = steps
        self.layout = layout
        self.optimizer = optimizer
        self.schedule = schedule
        self.compute = compute
        self.recomputation = recomputation
        self.isVocabularyParallel = isVocabularyParallel
        self.seed = seed
        self.checkpointEvery = checkpointEvery
        self.checkpointsKept = checkpointsKept
        self.sampleEvery = sampleEvery
        self.samplePrompt = samplePrompt
        self.workers = workers
    }

    /// Reads a run's configuration.
    public init(folder: RunFolder) throws(TrainingError) {
        guard let data = FileManager.default.contents(atPath: folder.configuration) else {
            throw TrainingError(
                "\(folder.path) is not a run: it has no config.json; a run is begun with `argonne train --run \(folder.path)`")
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch {
            throw TrainingError("\(folder.configuration) does not hold a run's configuration: \(error)")
        }
    }

    /// Writes it to a new run folder.
    func write(to folder: RunFolder) throws(TrainingError) {
        do {
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(self).write(to: URL(fileURLWithPath: folder.configuration), options: .atomic)
        } catch {
            throw TrainingError("\(folder.path) cannot be written: \(error.localizedDescription)")
        }
    }
}

extension TrainingConfiguration {
    /// The same run on another grid of devices: a step reads the same sequences, dealt out anew.
    public func on(_ mesh: Mesh) throws(TrainingError) -> TrainingConfiguration {
        let sequences = layout.sequences(on: self.mesh)
        let ways = mesh.size(.data) * layout.accumulation
        guard sequences % ways == 0 else {
            throw TrainingError(
                "the run's \(sequences) sequences a step do not divide by data=\(mesh.size(.data)) times \(layout.accumulation) passes")
        }
        var configuration = self
        configuration.mesh = mesh
        configuration.layout.microBatch = sequences / ways
        return configuration
    }

    /// The model laid out as this configuration says, with the attention kernel that `runtime` has for it; composed without a runtime.
    public func plan(on runtime: Runtime? = nil) throws -> ModelPlan {
        let model = try model.model()
        let attention = runtime.map { AttentionKernel.best(for: model, compute: compute, on: $0).kernel } ?? .composed
        return try ModelPlan(
            model, mesh: mesh, compute: compute, recomputation: recomputation, attention: attention,
            isVocabularyParallel: isVocabularyParallel,
            seed: seed)
    }
}

import ArgonneData
import ArgonneModels
import ArgonneTokenizer
import Foundation
import PJRT
import SPMD
import StableHLO

/// A pre-training run: from shards to checkpoints.
///
/// The device never waits for the host: while a step runs, the next batch is read and copied, and a step's loss is read only after the
/// next step has been started.
public struct Trainer {
    /// Writes a text with the weights as they are; nil where sampling is not possible.
    public typealias Sampler = (_ state: TrainingState, _ prompt: String) throws -> String

    private let configuration: TrainingConfiguration
    private let folder: RunFolder
    private let runtime: Runtime
    private let model: any LanguageModel
    private let plan: ModelPlan
    private let tokenizer: Tokenizer
    private let store: CheckpointStore

    /// Prepares a run whose folder holds its configuration and tokenizer.
    public init(_ configuration: TrainingConfiguration, folder: RunFolder, tokenizer: Tokenizer, on runtime: Runtime) throws {
        self.configuration = configuration
        self.folder = folder
        self.runtime = runtime
        self.tokenizer = tokenizer
        model = try configuration.model.model()
        guard tokenizer.vocabularySize <= model.vocabularySize else {
            throw TrainingError(
                "the tokenizer has \(tokenizer.vocabularySize) entries and the model's embedding only \(model.vocabularySize) rows")
        }
        guard configuration.layout.sequenceLength <= model.contextLength else {
            throw TrainingError(
                "--sequence-length \(configuration.layout.sequenceLength) is longer than the model's context of \(model.contextLength) tokens"
            )
        }
        plan = try configuration.plan(on: runtime)
        store = CheckpointStore(folder, plan: plan, configuration: configuration.model, kept: configuration.checkpointsKept)
    }

    /// Begins a run in a new folder, or in one whose run has failed before its first step.
    /// - Throws: `TrainingError` where the folder holds a run already.
    public static func begin(_ configuration: TrainingConfiguration, folder: RunFolder, tokenizer: Tokenizer) throws {
        if FileManager.default.fileExists(atPath: folder.configuration), !folder.isBeforeFirstStep {
            throw TrainingError("\(folder.path) holds a run already; go on with `argonne resume \(folder.path)` or name another folder")
        }
        try configuration.write(to: folder)
        if configuration.tokenizer != "bytes" {
            try tokenizer.save(to: folder.tokenizer)
        }
    }

    /// Trains from the newest checkpoint, or from the start where there is none, to the last step or until the user asks to stop.
    ///
    /// - Parameters:
    ///   - sampler: writes the samples that the configuration asks for.
    ///   - profiledSteps: steps that are recorded for `profile/`; 0 for none.
    /// - Throws: `TrainingError` where the loss is not finite; `DataError`, `WeightsError` and `PJRTError` as the parts do.
    public func run(sampler: Sampler?, profiledSteps: Int = 0) throws {
        try Interrupt.catching { try train(sampler, profiledSteps) }
    }

    private func train(_ sampler: Sampler?, _ profiledSteps: Int) throws {
        var line = ProgressLine(lastStep: configuration.steps)
        defer { line.finish() }
        let attention = AttentionKernel.best(for: model, compute: configuration.compute, on: runtime)
        line.note("attention: \(attention.kernel.rawValue) (\(attention.reason))")
        var progress: RunProgress
        var restored: TrainingState?
        if folder.checkpointSteps().isEmpty {
            progress = RunProgress(step: 0, tokens: 0, position: nil, layout: configuration.layout, mesh: runtime.mesh.description)
        } else {
            let found = try store.newest(on: runtime) { line.note("warning: " + $0) }
            (restored, progress) = (found.state, found.progress)
            line.note("resuming at step \(progress.step) of \(configuration.steps)")
            progress.mesh = runtime.mesh.description
            if progress.layout.sequences(on: runtime.mesh) != configuration.layout.sequences(on: runtime.mesh) {
                // The checkpoint's passes were those of a mesh with another number of devices that share the sequences.
                progress.layout = configuration.layout
            }
        }
        guard progress.step < configuration.steps else {
            line.note("the run has all its \(configuration.steps) steps; nothing is left to do")
            return
        }

        let start = progress.step
        let metrics = try LineLog<StepMetrics>(path: folder.metrics) { $0.step <= start }
        let samples = try LineLog<Sample>(path: folder.samples) { $0.step <= start }
        let sequences = configuration.layout.sequences(on: runtime.mesh)
        let loader = try BatchLoader(
            configuration.corpus, tokenizer: tokenizer,
            shape: BatchShape(rows: sequences, sequenceLength: configuration.layout.sequenceLength), startingAt: progress.position,
            workers: configuration.workers)
        defer { loader.stop() }
        loader.report = { line.note("warning: " + $0) }

        var batch = try nextBatch(loader)
        var (step, state, outcome, begin) = try firstStep(restored, batch, &progress.layout, &line)
        restored = nil
        var meter = StepMeter(plan: plan, layout: progress.layout, runtime: runtime, since: begin)
        func startNext() throws -> (Batch, TrainingStep.Outcome) {
            let next = try meter.waitingForData { try nextBatch(loader) }
            return (next, try step.run(&state, next))
        }
        var profile = profiledSteps > 0 ? StepProfile(step.program, steps: profiledSteps, folder: folder.profile) : nil
        var firstLoss: Float?
        while true {
            // Here a step has been started whose outcome has not been read.
            progress.step += 1
            progress.position = batch.position
            let isLast = progress.step == configuration.steps || Interrupt.isRequested
            let isCheckpoint = isLast || progress.step % configuration.checkpointEvery == 0
            let isSample = configuration.sampleEvery > 0 && progress.step % configuration.sampleEvery == 0
            let next = isCheckpoint || isSample ? nil : try startNext()

            let numbers = try outcome.read()
            guard numbers.loss.isFinite, numbers.gradientNorm.isFinite else { throw notFinite(numbers, progress) }
            firstLoss = firstLoss ?? numbers.loss
            progress.tokens += numbers.tokens
            let measured = meter.metrics(progress, numbers)
            try metrics.append(measured)
            if let written = try profile?.stepFinished() { line.note(written) }
            line.update(step: progress.step, loss: numbers.loss, tokensPerSecond: measured.tokensPerSecond)

            if isCheckpoint {
                try store.save(state, progress)
                try drawChart()
            }
            if isSample, let sampler {
                let text = try sampler(state, configuration.samplePrompt)
                try samples.append(Sample(step: progress.step, prompt: configuration.samplePrompt, text: text))
                let shown = (configuration.samplePrompt + text).split(whereSeparator: \.isNewline).joined(separator: " ")
                line.note("step \(progress.step): \(shown)")
            }
            if isLast {
                line.finish()
                line.note(summary(progress, from: start, firstLoss ?? numbers.loss, to: numbers.loss))
                line.note(dataSummary(progress, waiting: meter.dataWaitFraction))
                return
            }
            (batch, outcome) = try next ?? startNext()
        }
    }

    private func summary(_ progress: RunProgress, from start: Int, _ first: Float, to last: Float) -> String {
        let losses = String(format: "loss %.4f at step %d, %.4f at step %d", first, start + 1, last, progress.step)
        let rest =
            progress.step < configuration.steps
            ? "stopped; go on with `argonne resume \(folder.path)`"
            : "\(ProgressLine.grouped(progress.tokens)) tokens; curve in \(folder.lossChart)"
        return "\(losses); \(rest)"
    }

    private func dataSummary(_ progress: RunProgress, waiting: Double) -> String {
        let counts = progress.position?.counts ?? DocumentCounts()
        return "data: \(ProgressLine.grouped(counts.documents)) documents; dropped: \(counts.droppedByRule); "
            + String(format: "%.2f %% of the time was waiting for it", 100 * waiting)
    }

    private func nextBatch(_ loader: BatchLoader) throws -> Batch {
        guard let batch = try loader.next() else {
            throw TrainingError("the data ended before step \(configuration.steps); give more data, fewer steps or more epochs")
        }
        return batch
    }

    /// Compiles the step and takes the first one. Where memory does not suffice, half the micro-batch is tried with twice the accumulation.
    private func firstStep(
        _ restored: TrainingState?, _ batch: Batch, _ layout: inout BatchLayout, _ line: inout ProgressLine
    ) throws -> (TrainingStep, TrainingState, TrainingStep.Outcome, begin: ContinuousClock.Instant) {
        var restored = restored
        while true {
            do {
                let step = try TrainingStep(
                    plan, configuration.optimizer, configuration.schedule, layout, hasSegments: configuration.corpus.documentMask,
                    on: runtime)
                var state = try restored ?? TrainingState.initial(plan, seed: configuration.seed, on: runtime)
                restored = nil
                let begin = ContinuousClock.now
                let outcome = try step.run(&state, batch)
                _ = try outcome.read()
                return (step, state, outcome, begin)
            } catch let error as PJRTError where error.isOutOfMemory {
                guard let smaller = layout.halved else {
                    throw TrainingError("out of memory even with a micro-batch of \(layout.microBatch): \(error.message)")
                }
                layout = smaller
                line.note("out of memory; trying a micro-batch of \(layout.microBatch) with \(layout.accumulation) passes a step")
                if !folder.checkpointSteps().isEmpty { restored = try store.newest(on: runtime) { _ in }.state }
            }
        }
    }

    private func notFinite(
        _ numbers: (loss: Float, gradientNorm: Float, learningRate: Float, tokens: Int), _ progress: RunProgress
    ) -> TrainingError {
        let what = numbers.loss.isFinite ? "gradient norm is \(numbers.gradientNorm)" : "loss is \(numbers.loss)"
        let newest = folder.checkpointSteps().first.map { "the newest checkpoint is of step \($0)" } ?? "there is no checkpoint yet"
        let shards = progress.position?.sources.map(\.path).joined(separator: ", ") ?? "the start"
        return TrainingError(
            "step \(progress.step): the \(what), so training stopped; \(newest). Try a lower --learning-rate, or look at the data read last (\(shards))"
        )
    }

    private func drawChart() throws {
        let points = LineLog<StepMetrics>.read(folder.metrics).map { LossChart.Point(step: $0.step, loss: $0.loss) }
        try Data(LossChart(points).svg.utf8).write(to: URL(fileURLWithPath: folder.lossChart), options: .atomic)
    }
}

import ArgonneData
import ArgonneModels
import ArgonneTokenizer
import ArgonneTraining
import Foundation
import PJRT
import SPMD
import StableHLO

/// `argonne train`: begins a run.
struct TrainCommand: Command {
    static let name = "train"
    static let summary = "Pre-train a model from scratch."
    static let discussion = """
        Example: argonne train --model argonne-tiny --data 'shards/*.parquet' --tokenizer tokenizer/ --run runs/first --steps 2000
        The run folder gets config.json, metrics.jsonl, samples.jsonl, loss.svg and checkpoints/. Ctrl-C saves a checkpoint and stops;
        `argonne resume RUN` goes on from the very same token. All options can stand in a JSON5 file: --config run.json.
        """

    @Option("a preset (\(Preset.allCases.map(\.rawValue).joined(separator: ", "))) or a config.json", metavar: "PRESET|FILE") var model:
        String
    @Option("shards to read (Parquet, Arrow, JSON Lines, text); repeat for more, name=GLOB:WEIGHT for a mixture", metavar: "GLOB")
    var data: [String]
    @Option("a folder with tokenizer.json, or `bytes` for raw bytes", metavar: "DIR|bytes") var tokenizer = "bytes"
    @Option("the folder of the run", name: "run", metavar: "DIR") var folder: String
    @Option("what computes") var device: Device = .cpu
    @Option("the devices' grid, as data=2,tensor=4") var mesh = Mesh()
    @Option("optimizer steps", must: .be(1...)) var steps = 1000
    @Option("sequences a step reads, over all devices", must: .be(1...)) var batchSize = 8
    @Option("tokens in a sequence (default: the model's context)", must: .be(2...)) var sequenceLength: Int?
    @Option("passes whose gradients are added up for a step", must: .be(1...)) var gradientAccumulation = 1
    @Option("the greatest learning rate", must: .bePositive) var learningRate = 3e-4
    @Option("where the warm-up begins and the decay ends (default: a tenth of the greatest)", must: .be(0...)) var minimumLearningRate:
        Double?
    @Option("steps of linear warm-up (default: a twentieth of all, 2,000 at most)", must: .be(0...)) var warmupSteps: Int?
    @Option("the learning rate after the warm-up") var schedule: LearningRateSchedule.Shape = .cosine
    @Option("last steps in which a wsd schedule decays (default: a tenth of all)", must: .be(0...)) var decaySteps: Int?
    @Option("how much matrices shrink, as a share of the learning rate", must: .be(0...)) var weightDecay = 0.1
    @Option("AdamW's first beta", must: .be(0...1)) var beta1 = 0.9
    @Option("AdamW's second beta", must: .be(0...1)) var beta2 = 0.999
    @Option("the greatest norm of all gradients together", must: .bePositive) var clipNorm = 1.0
    @Option("activations and matrix products (default: bf16 on cuda, f32 on cpu)") var precision: Precision?
    @Option("what the backward pass computes again (default: block on cuda, elementwise on cpu)") var recompute: Recomputation?
    @Option("deal the rows of embedding and head out along the tensor axis") var vocabularyParallel = false
    @Option("decides how weights begin and how data is shuffled") var seed: UInt64 = 0
    @Option("steps between checkpoints", must: .be(1...)) var checkpointEvery = 430
    @Option("newest checkpoints that are kept", must: .be(1...)) var keepCheckpoints = 50
    @Option("steps between samples; 0 for none", must: .be(0...)) var sampleEvery = 430
    @Option("what samples begin with") var samplePrompt = "Long long time ago, "
    var documents = FilterOptions()
    @Option("how documents become sequences") var packing: PackingMode = .pack
    @Option("keep attention within a document") var documentMask = false
    @Option("documents that the shuffle looks ahead; 0 reads in order", must: .be(0...)) var shuffleWindow = 8192
    @Option("how often the data may be read (default: as often as the steps need)", must: .be(1...)) var epochs: Int?
    @Option("share of documents kept out of training for evaluation", must: .be(0...0.5)) var heldOut = 0.0
    @Option("threads that read and tokenise", must: .be(1...)) var workers = 2

    @Option("record so many steps in the run's profile/: program, memory, time of each operation", must: .be(0...)) var profile = 0

    func run() throws {
        let tokenizer = try Tokenizer(named: self.tokenizer)
        let model = try ModelConfiguration(named: self.model, vocabularySize: tokenizer.vocabularySize)
        let configuration = try configuration(model, contextLength: model.model().contextLength)
        let folder = RunFolder(self.folder)
        try Trainer.begin(configuration, folder: folder, tokenizer: tokenizer)
        try train(configuration, folder: folder, tokenizer: tokenizer, profiledSteps: profile)
    }

    private func configuration(_ model: ModelConfiguration, contextLength: Int) throws -> TrainingConfiguration {
        guard !data.isEmpty else { throw UsageError.conflict("--data is missing; it names the shards to read") }
        let ways = mesh.size(.data) * gradientAccumulation
        guard batchSize % ways == 0 else {
            throw UsageError.conflict(
                "--batch-size \(batchSize) does not divide by data=\(mesh.size(.data)) times --gradient-accumulation \(gradientAccumulation)"
            )
        }
        var corpus = CorpusConfiguration(sources: try DataSource.parse(data))
        corpus.layout = documents.layout
        corpus.filters = try documents.filters()
        corpus.packing = packing
        corpus.documentMask = documentMask
        corpus.shuffleWindow = shuffleWindow
        corpus.epochs = epochs
        corpus.seed = seed
        corpus.split = HeldOutSplit(share: heldOut, side: .training)
        return TrainingConfiguration(
            model: model, tokenizer: tokenizer, corpus: corpus, device: device.plugin, mesh: mesh, steps: steps,
            layout: BatchLayout(
                microBatch: batchSize / ways, accumulation: gradientAccumulation, sequenceLength: sequenceLength ?? contextLength),
            optimizer: AdamW(beta1: beta1, beta2: beta2, weightDecay: weightDecay, clipNorm: clipNorm),
            schedule: LearningRateSchedule(
                shape: schedule, peak: learningRate, minimum: minimumLearningRate ?? learningRate / 10,
                warmupSteps: warmupSteps ?? min(2000, max(1, steps / 20)), totalSteps: steps, decaySteps: decaySteps ?? max(1, steps / 10)),
            compute: (precision ?? device.precision).elementType,
            recomputation: recompute ?? device.recomputation,
            isVocabularyParallel: vocabularyParallel, seed: seed, checkpointEvery: checkpointEvery, checkpointsKept: keepCheckpoints,
            sampleEvery: sampleEvery, samplePrompt: samplePrompt,
            workers: workers)
    }
}

/// `argonne resume`: goes on with a run.
struct ResumeCommand: Command {
    static let name = "resume"
    static let summary = "Go on with a run from its newest checkpoint that is whole."
    static let discussion =
        "The run's own config.json says everything else. The losses are those that the run would have had without the stop; on another mesh "
        + "the sums are in another order, but the data is the same to the token."

    @Argument("the folder of the run", metavar: "RUN") var folder: String
    @Option("go on with this grid of devices instead of the run's own, as data=2,tensor=4") var mesh: Mesh?

    func run() throws {
        let folder = RunFolder(self.folder)
        var configuration = try TrainingConfiguration(folder: folder)
        if let mesh { configuration = try configuration.on(mesh) }
        let tokenizer = try Tokenizer(named: configuration.tokenizer == "bytes" ? "bytes" : folder.tokenizer)
        try train(configuration, folder: folder, tokenizer: tokenizer)
    }
}

/// What `train` and `resume` share: opens the devices, says what the run needs, and trains.
private func train(
    _ configuration: TrainingConfiguration, folder: RunFolder, tokenizer: Tokenizer, profiledSteps: Int = 0
) throws {
    let model = try configuration.model.model()
    let estimate = try MemoryEstimate(configuration.plan(), configuration.layout)
    let sequences = configuration.layout.sequences(on: configuration.mesh)
    note(
        """
        \(grouped(model.parameterCount)) parameters on \(configuration.device.rawValue), mesh \(configuration.mesh); \
        \(sequences) × \(configuration.layout.sequenceLength) tokens a step; about \(gibibytes(estimate.total)) GiB a device
        """)
    let runtime = try Runtime(configuration.device, mesh: configuration.mesh)
    let trainer = try Trainer(configuration, folder: folder, tokenizer: tokenizer, on: runtime)
    var sampler: TrainingSampler?
    let write: Trainer.Sampler = { state, prompt in
        // Made at the first sample, so that runs without samples do not compile for them.
        let ready = try sampler ?? TrainingSampler(configuration.plan(), tokenizer: tokenizer, on: runtime)
        sampler = ready
        return try ready.write(state, prompt)
    }
    try trainer.run(sampler: write, profiledSteps: profiledSteps)
}

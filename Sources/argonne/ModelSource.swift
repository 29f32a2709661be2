import ArgonneModels
import ArgonneTokenizer
import ArgonneTraining
import ArgonneWeights
import Foundation

/// A model that a command was given: the newest checkpoint of a run, a checkpoint, a folder of Hugging Face's, or a safetensors file.
struct ModelSource {
    /// The weights.
    let model: StoredModel
    /// How the model was trained, where that is known.
    let run: RunFacts?
    /// The model's tokenizer, if it has one that Argonne can read.
    let tokenizer: Tokenizer?
    /// Files of the tokenizer and of generation that go along with the model as they are.
    let companions: [String]

    private static let companionNames = [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
        "tokenizer.model", "chat_template.jinja", "generation_config.json",
    ]

    /// Opens what is at a path.
    ///
    /// - Parameters:
    ///   - shape: a preset or a `config.json`, where the path has none.
    ///   - tokenizer: a folder whose tokenizer is the model's, where the path has none.
    init(path: String, shape: String? = nil, tokenizer: String? = nil) throws {
        let location = FileManager.default.fileExists(atPath: path + "/config.json") ? try ModelLocation(path) : nil
        let configuration = try shape.map { try ModelConfiguration(named: $0) }
        model = try StoredModel(path: location?.weights ?? path, configuration: configuration)
        try model.verify()
        run = RunFacts(checkpoint: model.path)
        let isCheckpoint = FileManager.default.fileExists(atPath: model.path + "/state.json")
        if isCheckpoint, run == nil { note("note: how \(path) was trained cannot be read from its run, so a model card cannot tell") }
        if isCheckpoint, tokenizer == nil {
            self.tokenizer = try location?.tokenizer.map { try Tokenizer(named: $0) }
            companions = []
            return
        }
        let files = tokenizer ?? path
        companions = Self.companionNames.map { files + "/" + $0 }.filter(FileManager.default.fileExists)
        let isThere = companions.contains { !$0.hasSuffix("/generation_config.json") }
        self.tokenizer = try isThere || tokenizer != nil ? Self.tokenizer(in: files, isAsked: tokenizer != nil) : nil
    }

    /// The tokenizer of a folder; nil, with a note, where Argonne cannot read it and nobody asked for it.
    private static func tokenizer(in folder: String, isAsked: Bool) throws -> Tokenizer? {
        do {
            return try Tokenizer(directory: folder)
        } catch {
            if isAsked { throw error }
            note("note: the tokenizer goes along as it is, but Argonne cannot use it: \(error)")
            return nil
        }
    }

    /// Ids of the tokens that have a role.
    var tokens: SpecialTokenIDs {
        SpecialTokenIDs(
            beginning: tokenizer?.beginningOfDocument.map(Int.init), end: tokenizer?.endOfDocument.map(Int.init),
            padding: tokenizer?.padding.map(Int.init))
    }

    /// Writes the tokenizer and `generation_config.json`.
    func writeCompanions(to output: OutputDirectory) throws {
        for path in companions {
            guard let contents = FileManager.default.contents(atPath: path) else { throw TrainingError("\(path) cannot be read") }
            try output.write(named: (path as NSString).lastPathComponent) { try $0.write([UInt8](contents)) }
        }
        if companions.isEmpty { try tokenizer?.save(to: output.path) }
        if tokenizer != nil, !companions.contains(where: { $0.hasSuffix("/generation_config.json") }) {
            try output.write(tokens.generationConfiguration, named: "generation_config.json")
        }
    }
}

/// How a checkpoint came to be.
struct RunFacts {
    /// What decided it.
    let configuration: TrainingConfiguration
    /// How far it went.
    let progress: RunProgress
    /// Mean loss of the last steps before the checkpoint, 50 at most, and their number.
    let loss: (mean: Double, steps: Int)?

    /// The facts of a checkpoint within a run; nil for any other folder.
    init?(checkpoint: String) {
        let folder = RunFolder(URL(fileURLWithPath: checkpoint).standardizedFileURL.path + "/../..")
        guard let data = FileManager.default.contents(atPath: checkpoint + "/state.json"),
            let progress = try? JSONDecoder().decode(RunProgress.self, from: data),
            let configuration = try? TrainingConfiguration(folder: folder)
        else { return nil }
        self.configuration = configuration
        self.progress = progress
        let log = (try? Data(contentsOf: URL(fileURLWithPath: folder.metrics), options: .mappedIfSafe)) ?? Data()
        let last: ClosedRange<Int> = (progress.step - 49)...progress.step
        let lines = log.split(separator: UInt8(ascii: "\n")).reversed().lazy
        let losses: [Double] = Array(
            lines.compactMap { try? JSONDecoder().decode(StepMetrics.self, from: $0) }
                .prefix { $0.step >= last.lowerBound }.filter { $0.step <= last.upperBound }.map(\.loss))
        loss = losses.isEmpty ? nil : (losses.reduce(0, +) / Double(losses.count), losses.count)
    }
}

import ArgonneInference
import ArgonneTokenizer
import ArgonneTraining
import Foundation

/// Where a model's files are, given the folder of a run, of a checkpoint, or of a Hugging Face model.
struct ModelLocation {
    /// The folder with `config.json` and the weights.
    let weights: String
    /// The folder of the tokenizer, or `bytes`; nil where there is none.
    let tokenizer: String?

    /// Finds the newest checkpoint of a run, or takes a model's folder as it is.
    init(_ path: String) throws {
        let run = RunFolder(path)
        if let step = run.checkpointSteps().first {
            self.init(weights: run.checkpoint(step), run: run)
        } else if FileManager.default.fileExists(atPath: run.metrics) {
            throw TrainingError("\(path) has no checkpoint yet; wait for one, or stop the run with Ctrl-C, which writes one")
        } else if FileManager.default.fileExists(atPath: path + "/state.json") {
            self.init(weights: path, run: RunFolder(URL(fileURLWithPath: path).standardizedFileURL.path + "/../.."))
        } else {
            guard FileManager.default.fileExists(atPath: path + "/config.json") else {
                throw TrainingError("\(path) is neither a run, nor a checkpoint, nor a model: there is no config.json in it")
            }
            let hasTokenizer = ["tokenizer.json", "vocab.json"].contains { FileManager.default.fileExists(atPath: path + "/" + $0) }
            self.init(weights: path, tokenizer: hasTokenizer ? path : nil)
        }
    }

    private init(weights: String, run: RunFolder) {
        let hasTokenizer = FileManager.default.fileExists(atPath: run.tokenizer)
        let isOfBytes = (try? TrainingConfiguration(folder: run))?.tokenizer == "bytes"
        self.init(weights: weights, tokenizer: hasTokenizer ? run.tokenizer : isOfBytes ? "bytes" : nil)
    }

    private init(weights: String, tokenizer: String?) {
        self.weights = weights
        self.tokenizer = tokenizer
    }

    /// The tokenizer, or the one that the user names instead.
    func loadTokenizer(_ given: String?) throws -> Tokenizer {
        guard let name = given ?? tokenizer else { throw UsageError.conflict("\(weights) has no tokenizer; name one with --tokenizer") }
        return try Tokenizer(named: name)
    }

    /// The tokens that end a text: those of the model's `generation_config.json`, and the end of a document.
    func stopTokens(_ tokenizer: Tokenizer) -> Set<Int32> {
        GenerationOptions.stopTokens(directory: weights).union([tokenizer.endOfDocument].compactMap { $0 })
    }
}

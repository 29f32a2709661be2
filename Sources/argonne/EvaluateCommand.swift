import ArgonneData
import ArgonneInference
import Foundation
import JSON
import PJRT
import SPMD

/// `argonne evaluate`: perplexity of texts.
struct EvaluateCommand: Command {
    static let name = "evaluate"
    static let summary = "Perplexity of a model on a file (a document a line) or on shards."
    static let discussion = """
        Examples: argonne evaluate --model runs/first --data held-out.txt
                  argonne evaluate --model llama/ --data 'shards/*.parquet' --json
        Every token but a document's first counts once. A document longer than the window is read in windows that overlap, so that each token
        sees at least window - stride tokens before it.
        """

    @Option("a run, a checkpoint or a Hugging Face directory", metavar: "DIR") var model: String
    @Option("text files, a document a line, or shards; repeat for more", metavar: "GLOB") var data: [String]
    var text = TextOptions()
    @Option("read only what `train --held-out` with this share kept out of training", must: .be(0...0.5)) var heldOut: Double?
    @Option("tokens that are read at once (default: the model's context)", must: .be(2...)) var window: Int?
    @Option("tokens between the beginnings of two windows (default: half the window)", must: .be(1...)) var stride: Int?
    @Option("windows that are read at the same time", must: .be(1...)) var batchSize = 8
    @Option("a folder with tokenizer.json, or `bytes` (default: the model's own)", metavar: "DIR|bytes") var tokenizer: String?
    @Option("what computes") var device: Device = .cpu
    @Option("the devices' grid, as data=2,tensor=2") var mesh = Mesh()
    @Option("weights and activations (default: bf16 on cuda, f32 on cpu)") var precision: Precision?
    @Option("print one JSON object, with every document's numbers") var json = false

    func run() throws {
        guard !data.isEmpty else { throw UsageError.missingOption("--data", metavar: "GLOB") }
        let location = try ModelLocation(model)
        let tokenizer = try location.loadTokenizer(self.tokenizer)
        let shards = try Shard.list(matching: data)
        let split = heldOut.map { HeldOutSplit(share: $0, side: .heldOut) } ?? .none
        let compute = (precision ?? device.precision).elementType
        let loaded = try LoadedModel(directory: location.weights, compute: compute, on: Runtime(device.plugin, mesh: mesh))
        try loaded.check(tokenizer)
        let perplexity = try Perplexity(loaded, window: window, stride: stride, batchSize: batchSize)
        var scores: [Perplexity.Score] = []
        for shard in shards {
            try shard.forEachText(layout: text.layout, split: split) { texts in
                scores += try perplexity(texts.map(tokenizer.encodePrompt))
            }
        }
        let total = Perplexity.total(scores)
        guard total.tokens > 0 else { throw UsageError.conflict("\(data.joined(separator: " ")): no document has two tokens") }
        if json {
            let documents = scores.map(object)
            let result: JSONValue = [
                "loss": number(total.loss), "perplexity": number(total.perplexity), "tokens": JSONValue(integerLiteral: total.tokens),
                "documents": .array(documents),
            ]
            try StandardOutput.write("\(result)\n")
        } else {
            try StandardOutput.write(
                String(format: "perplexity %.4f, loss %.6f", total.perplexity, total.loss)
                    + " over \(grouped(total.tokens)) tokens of \(grouped(scores.count)) documents\n")
        }
    }

    private func object(_ score: Perplexity.Score) -> JSONValue {
        let isScored = score.tokens > 0
        return [
            "loss": isScored ? number(score.loss) : .null, "perplexity": isScored ? number(score.perplexity) : .null,
            "tokens": JSONValue(integerLiteral: score.tokens),
        ]
    }

    private func number(_ value: Double) -> JSONValue { .number(String(format: "%.6f", value)) }
}

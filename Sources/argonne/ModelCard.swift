import ArgonneModels
import ArgonneTokenizer
import ArgonneTraining
import ArgonneWeights
import Foundation

/// The `README.md` that goes along with a model: what it is, how it was trained, how it is used.
struct ModelCard {
    let name: String
    let source: ModelSource
    let layout: WeightLayout

    /// The text, in the form that Hugging Face shows.
    var text: String {
        let model = source.model.model
        let isForTransformers = layout == .transformers(for: source.model.configuration)
        return """
            ---
            \(isForTransformers ? "library_name: transformers\n" : "")pipeline_tag: text-generation
            tags:
            - argonne
            ---

            # \(name)

            A decoder-only language model with \(grouped(model.parameterCount)) parameters.

            \(table(architecture))\(training)
            ## Use

            \(isForTransformers ? transformersExample : "    argonne generate --model FOLDER --prompt 'Long long time ago, '")

            """
    }

    private var architecture: [(String, String)] {
        var rows = [("Parameters", grouped(source.model.model.parameterCount))]
        switch source.model.configuration {
        case .decoder(let c):
            rows += [
                (
                    "Architecture",
                    "\(c.modelType): RMSNorm, rotary positions (theta \(String(format: "%g", c.ropeTheta))), grouped query heads, SwiGLU"
                ),
                ("Blocks", "\(c.layerCount)"), ("Hidden size", "\(grouped(c.hiddenSize))"),
                ("Feed-forward size", "\(grouped(c.intermediateSize))"),
                ("Heads", "\(c.headCount) for queries, \(c.keyValueHeadCount) for keys and values, of \(c.headDimension) dimensions"),
                ("Output head", c.isHeadTied ? "tied to the embedding" : "untied"),
            ]
        case .gpt(let c):
            rows += [
                ("Architecture", "gpt2: LayerNorm, learned positions, \(c.activation == .gelu ? "exact" : "approximate") GELU, biases"),
                ("Blocks", "\(c.layerCount)"),
                ("Hidden size", "\(grouped(c.hiddenSize))"), ("Heads", "\(c.headCount) of \(c.headDimension) dimensions"),
                ("Output head", c.isHeadTied ? "tied to the embedding" : "untied"),
            ]
        }
        rows.append(("Context", "\(grouped(source.model.model.contextLength)) tokens"))
        rows.append(("Vocabulary", "\(grouped(source.model.model.vocabularySize)) entries"))
        return rows
    }

    private var training: String {
        guard let run = source.run else { return "" }
        let (c, progress) = (run.configuration, run.progress)
        let sequences = c.layout.sequences(on: c.mesh)
        let shares = c.corpus.sources.count > 1
        var rows = [
            (
                "Data",
                c.corpus.sources.map { ($0.patterns.joined(separator: ", ")) + (shares ? " (weight \($0.weight))" : "") }.joined(
                    separator: "; ")
            ),
            ("Tokens", grouped(progress.tokens)), ("Steps", "\(grouped(progress.step)) of \(grouped(c.steps))"),
        ]
        if let loss = run.loss {
            rows.append(("Final loss", String(format: "%.4f nats a token, mean of the last %d steps", loss.mean, loss.steps)))
        }
        rows += [
            ("Step", "\(sequences) sequences of \(grouped(c.layout.sequenceLength)) tokens"),
            (
                "Learning rate",
                c.schedule.shape.rawValue + String(format: ", %g to %g", c.schedule.peak, c.schedule.minimum)
                    + ", \(grouped(c.schedule.warmupSteps)) steps of warm-up"
            ),
            (
                "Optimizer",
                """
                AdamW, betas \(c.optimizer.beta1) and \(c.optimizer.beta2), epsilon \(c.optimizer.epsilon), weight decay \
                \(c.optimizer.weightDecay), gradients clipped at norm \(c.optimizer.clipNorm)
                """
            ),
            ("Precision", "\(c.compute.rawValue) activations, f32 weights and optimizer"),
            ("Devices", "\(c.device.rawValue), mesh \(progress.mesh)"), ("Seed", "\(c.seed)"),
        ]
        return "\n## Training\n\n" + table(rows)
    }

    private var transformersExample: String {
        let text = """
            ```python
            from transformers import AutoModelForCausalLM, AutoTokenizer

            model = AutoModelForCausalLM.from_pretrained("FOLDER")
            tokenizer = AutoTokenizer.from_pretrained("FOLDER")
            inputs = tokenizer("Long long time ago, ", return_tensors="pt")
            print(tokenizer.decode(model.generate(**inputs, max_new_tokens=100)[0]))
            ```
            """
        return source.tokenizer == nil && source.companions.isEmpty
            ? text.split(separator: "\n", omittingEmptySubsequences: false).prefix(4).joined(separator: "\n").replacing(
                ", AutoTokenizer", with: "") + "\n```"
            : text
    }

    private func table(_ rows: [(String, String)]) -> String {
        "| | |\n|---|---|\n" + rows.map { "| \($0) | \($1.replacing("|", with: "\\|")) |\n" }.joined()
    }
}

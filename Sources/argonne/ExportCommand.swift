import ArgonneModels
import ArgonneWeights
import Foundation
import PJRT
import SPMD

/// The layout that a model is exported in.
enum ExportFormat: String, CaseIterable, OptionValue {
    case llama, gpt2, argonne

    func layout(for configuration: ModelConfiguration) -> WeightLayout {
        switch self {
        case .llama: .llama
        case .gpt2: .gpt2
        case .argonne: .original(for: configuration)
        }
    }
}

/// The type of the numbers in files.
enum StoredPrecision: String, CaseIterable, OptionValue {
    case f32, bf16, f16

    var elementType: ElementType {
        switch self {
        case .f32: .f32
        case .bf16: .bf16
        case .f16: .f16
        }
    }
}

/// A number of bytes: 5GB, 500MB.
struct ByteCount: OptionValue {
    let bytes: Int

    static var metavar: String { "SIZE" }

    init(_ bytes: Int) { self.bytes = bytes }

    init(text: String) throws(InvalidValue) {
        let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000), ("B", 1)]
        guard let (unit, size) = units.first(where: { text.uppercased().hasSuffix($0.0) }), let number = Int(text.dropLast(unit.count)),
            number > 0,
            case let (bytes, overflow) = number.multipliedReportingOverflow(by: size), !overflow
        else { throw InvalidValue(text: text, expected: "be a size, such as 5GB or 500MB") }
        self.bytes = bytes
    }

    var text: String? { bytes % 1_000_000_000 == 0 ? "\(bytes / 1_000_000_000)GB" : "\(bytes)B" }
}

/// `argonne export`: writes a model for Hugging Face transformers, or as the original checkpoints were.
struct ExportCommand: Command {
    static let name = "export"
    static let summary = "Write a run's model for Hugging Face transformers, with its tokenizer and a model card."
    static let discussion = """
        Example: argonne export runs/first exported/ --dtype bf16
        SRC is a run (its newest checkpoint), a checkpoint, or a model folder; the mesh that trained it does not matter. DST gets config.json,
        model.safetensors (or shards with an index), tokenizer.json, generation_config.json and README.md, all or nothing. Formats: llama is
        LlamaForCausalLM, Qwen2ForCausalLM or Qwen3ForCausalLM as the model is, gpt2 is GPT2LMHeadModel, argonne has the original names.
        """

    @Argument("a run, a checkpoint or a model folder") var src: String
    @Argument("the new folder") var dst: String
    @Option("names and form of the weights (default: what transformers has for the architecture)") var format: ExportFormat?
    @Option("type of the weights (default: that of SRC)") var dtype: StoredPrecision?
    @Option("greatest size of a file") var maxShardSize = ByteCount(5_000_000_000)
    @Option("do not compute and compare the logits of SRC and DST", name: "no-verify") var skipsVerification = false

    func run() throws {
        let source = try ModelSource(path: src)
        let configuration = source.model.configuration
        let layout = format?.layout(for: configuration) ?? .transformers(for: configuration)
        let format = ModelFormat(
            layout, type: dtype?.elementType, maximumShardByteCount: maxShardSize.bytes, tokens: source.tokens)
        try source.publish(at: dst, format, isVerified: !skipsVerification) { output in
            let card = ModelCard(name: ((dst as NSString).standardizingPath as NSString).lastPathComponent, source: source, layout: layout)
            try output.write(card.text, named: "README.md")
        }
    }
}

extension ModelSource {
    /// Writes the model with its companions to a new folder and says what came of it.
    func publish(at path: String, _ format: ModelFormat, isVerified: Bool, further: (OutputDirectory) throws -> Void = { _ in }) throws {
        var runtime: Runtime?
        let needed = model.model.parameterCount * 4
        if isVerified, needed > ProcessInfo.processInfo.physicalMemory / 2 {
            note(
                "note: the logits are not compared; the weights in f32 are \(gibibytes(needed)) GiB, more than half of this machine's memory"
            )
        } else if isVerified {
            // What would be refused is refused before an engine starts.
            try model.check(format, at: path, tokenizerSize: tokenizer?.vocabularySize)
            runtime = try Runtime(.cpu)
        }
        let comparison = try model.publish(at: path, format, tokenizerSize: tokenizer?.vocabularySize, comparingOn: runtime) { output in
            try writeCompanions(to: output)
            try further(output)
        }
        let verdict = comparison.map {
            $0.greatestDifference == 0
                ? "; the logits are the same" : String(format: "; the logits differ by %.1e of their spread", $0.relativeError)
        }
        try StandardOutput.write(
            "\(path): \(grouped(model.model.parameterCount)) parameters as \(format.layout.rawValue)\(verdict ?? "")\n")
    }
}

import ArgonneModels
import ArgonneWeights

/// `argonne import`: takes a model of Hugging Face's or an original checkpoint.
struct ImportCommand: Command {
    static let name = "import"
    static let summary = "Take over a Hugging Face model (Llama, Qwen2, Qwen3, GPT-2) or an original Argonne checkpoint."
    static let discussion = """
        Example: argonne import downloads/Qwen2.5-0.5B models/qwen
        SRC is a folder with config.json and safetensors, or a safetensors file whose shape --model names. DST is a model folder that generate
        and evaluate load and that training begins from. Its numbers are SRC's own unless --dtype says otherwise.
        """

    @Argument("a Hugging Face folder or a safetensors file") var src: String
    @Argument("the new folder") var dst: String
    @Option("a preset or config.json with the shape of the model, where SRC has none", metavar: "PRESET|FILE") var model: String?
    @Option("a folder with the model's tokenizer, where SRC has none", metavar: "DIR") var tokenizer: String?
    @Option("type of the weights (default: that of SRC)") var dtype: StoredPrecision?
    @Option("do not compute and compare the logits of SRC and DST", name: "no-verify") var skipsVerification = false

    func run() throws {
        let source = try ModelSource(path: src, shape: model, tokenizer: tokenizer)
        let format = ModelFormat(.own(for: source.model.configuration), type: dtype?.elementType, tokens: source.tokens)
        try source.publish(at: dst, format, isVerified: !skipsVerification)
    }
}

/// Why a folder is not the model that it should be, or a model cannot be written.
public enum StoredModelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The weights are pickled, as PyTorch saves them.
    case pickled(file: String)
    /// There are weights but no `config.json`.
    case noConfiguration(path: String)
    /// No tensor has the name of an embedding in a layout that the architecture can have.
    case unknownLayout(path: String, found: [String], expected: [String])
    /// Tensors that the configuration asks for are not there.
    case missingTensors([String], path: String)
    /// Tensors are there for which the model has no use.
    case extraTensors([String], path: String)
    /// A tensor has another shape than the configuration gives it.
    case wrongShape(tensor: String, found: [Int], expected: [Int], path: String)
    /// A weight's elements are not floating-point numbers of 16 or 32 bits.
    case wrongType(tensor: String, found: String, path: String)
    /// A tied head is stored and is not the embedding.
    case unequalCopy(tensor: String, of: String, path: String)
    /// The architecture has no such layout.
    case wrongLayout(WeightLayout, expected: [WeightLayout])
    /// The layout cannot say something that the model does.
    case notExpressible(String)
    /// The tokenizer has ids for which the embedding has no row.
    case tokenizerTooLarge(tokens: Int, rows: Int)
    /// There is something where the new folder should be.
    case exists(path: String)
    /// What was written does not compute what was read.
    case logitsDiffer(relativeError: Double, tolerance: Double)

    /// One line that says what is wrong and what would be right.
    public var description: String {
        switch self {
        case .pickled(let file):
            """
            \(file) is pickled, which can run any program when it is read, so it is not; make safetensors of it first, with transformers: \
            AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW), or with safetensors: \
            save_file(torch.load(FILE, weights_only=True), "model.safetensors")
            """
        case .noConfiguration(let path): "\(path) has no config.json; name the model's shape with --model, as a preset or a config.json"
        case .unknownLayout(let path, let found, let expected):
            "\(path) has none of the tensors \(Self.list(expected)), one of which the architecture has; it has \(Self.list(found))"
        case .missingTensors(let names, let path):
            "\(path) lacks \(names.count) tensors that its configuration asks for: \(Self.list(names))"
        case .extraTensors(let names, let path):
            "\(path) has \(names.count) tensors for which the model of its configuration has no use: \(Self.list(names))"
        case .wrongShape(let tensor, let found, let expected, let path):
            "\(path): tensor '\(tensor)' has the shape \(found), and its configuration asks for \(expected)"
        case .wrongType(let tensor, let found, let path):
            "\(path): tensor '\(tensor)' is \(found); weights must be F32, F16 or BF16"
        case .unequalCopy(let tensor, let original, let path):
            "\(path): tensor '\(tensor)' is not '\(original)', though tie_word_embeddings is true; if they are meant to differ, set it to false"
        case .wrongLayout(let layout, let expected):
            "this architecture cannot be written as \(layout.rawValue), only as \(expected.map(\.rawValue).joined(separator: " or "))"
        case .notExpressible(let text): text
        case .tokenizerTooLarge(let tokens, let rows):
            "the tokenizer has \(tokens) tokens and the model's embedding only \(rows) rows; they do not belong together"
        case .exists(let path): "\(path) is there already and is not replaced; name another folder, or remove it"
        case .logitsDiffer(let error, let tolerance):
            """
            the written model's logits differ from the original's by \(error) of their spread, more than \(tolerance); nothing is written. \
            This is a bug, or weights that the element type cannot hold: try --dtype f32
            """
        }
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
    }
}

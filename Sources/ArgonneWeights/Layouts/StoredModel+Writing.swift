import ArgonneModels
import Foundation
import JSON
import PJRT
import SPMD

extension StoredModel {
    /// Writes the model as a new folder, which exists whole or not at all.
    ///
    /// The weights stream through: beside what the system maps of the source, about a megabyte is in memory.
    /// - Parameters:
    ///   - tokenizerSize: how many ids the model's tokenizer has, if there is one.
    ///   - comparison: where to compute the logits of both models, which must be equal within the tolerance of the element type; nil for
    ///     no comparison.
    ///   - companions: writes further files to the folder.
    /// - Returns: how far the logits are apart, if they were compared.
    /// - Throws: `StoredModelError` where something is at the path already, or the format cannot say what the model does.
    @discardableResult
    public func publish(
        at path: String, _ format: ModelFormat, tokenizerSize: Int? = nil, comparingOn runtime: Runtime? = nil,
        companions: (OutputDirectory) throws -> Void = { _ in }
    ) throws -> LogitsComparison? {
        try check(format, at: path, tokenizerSize: tokenizerSize)
        var comparison: LogitsComparison?
        try AtomicDirectory.publish(at: path) { output in
            try write(to: output, format)
            try companions(output)
            if let runtime { comparison = try compare(with: StoredModel(path: output.path), on: runtime) }
        }
        return comparison
    }

    /// - Throws: `StoredModelError` where the model cannot be written in a format, something is at the path already, or the tokenizer is not the
    ///   model's.
    public func check(_ format: ModelFormat, at path: String, tokenizerSize: Int? = nil) throws(StoredModelError) {
        if (try? FileManager.default.attributesOfItem(atPath: path)) != nil { throw .exists(path: path) }
        let layouts = WeightLayout.all(for: configuration)
        guard layouts.contains(format.layout) else { throw .wrongLayout(format.layout, expected: layouts) }
        if let tokenizerSize, tokenizerSize > model.vocabularySize {
            throw .tokenizerTooLarge(tokens: tokenizerSize, rows: model.vocabularySize)
        }
        guard case .decoder(let decoder) = configuration else { return }
        if format.layout == .llama, decoder.modelType == "llama", let window = decoder.slidingWindow {
            throw .notExpressible("the model has a sliding window of \(window) tokens, which transformers' LlamaForCausalLM has not")
        }
        if format.layout == .argonne2, decoder.modelType != "llama" {
            throw .notExpressible("a \(decoder.modelType) model has weights that Argonne 2 has not; it can be written as llama")
        }
    }

    private func write(to output: OutputDirectory, _ format: ModelFormat) throws {
        let stored = format.layout.tensors(of: model) + (format.layout.writesCopies ? format.layout.copies(of: model) : [])
        let tensors = Dictionary(uniqueKeysWithValues: stored.map { ($0.name, $0) })
        let descriptions = try stored.map { tensor in
            let types = Set(try tensor.parts.map { try elementType(of: $0) })
            guard let type = format.type ?? (types.count == 1 ? types.first : nil) else {
                throw StoredModelError.notExpressible(
                    "\(tensor.parts.joined(separator: ", ")) become one tensor and are of different types; choose one with --dtype")
            }
            return TensorDescription(name: tensor.name, type: SafetensorsType(type), shape: tensor.shape)
        }
        let embedding = try elementType(of: model.embeddingName + ".weight")
        try output.write(try format.json(configuration, elements: format.type ?? embedding).prettyPrinted, named: "config.json")
        let writer = SafetensorsWriter(
            tensors: descriptions.sorted { $0.name < $1.name }, maximumShardByteCount: format.maximumShardByteCount)
        try writer.write(to: output) { description, append in
            guard let tensor = tensors[description.name], let type = description.type.elementType else { return }
            let views = try tensor.parts.map(view)
            if tensor.isTransposed {
                try appendElements(of: views.map(\.transposed), as: type, to: append)
            } else {
                for view in views { try appendElements(of: [view], as: type, to: append) }
            }
        }
    }

    /// - Throws: `StoredModelError` where the logits differ by more than the written element type explains.
    private func compare(with written: StoredModel, on runtime: Runtime) throws -> LogitsComparison {
        let comparison = try LogitsComparison(of: self, and: written, on: runtime)
        let types = Set(try model.weights.map { try written.elementType(of: $0.name(inBlock: 0)) })
        let tolerance = types.map(LogitsComparison.tolerance).max() ?? 0
        guard comparison.relativeError <= tolerance else {
            throw StoredModelError.logitsDiffer(relativeError: comparison.relativeError, tolerance: tolerance)
        }
        return comparison
    }
}

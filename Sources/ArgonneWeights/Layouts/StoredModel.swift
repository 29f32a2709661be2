import ArgonneModels
import Foundation
import PJRT
import StableHLO

/// A model in files: its configuration and, under the names of some layout, its weights.
///
///     let model = try StoredModel(path: "gpt2-folder")
///     try model.publish(at: "argonne-folder", ModelFormat(.own(for: model.configuration)))
///
/// Opening maps the files and checks every tensor's name, shape and type; no element is read.
public struct StoredModel: Sendable {
    /// The folder or file that was opened.
    public let path: String
    /// The model's shape.
    public let configuration: ModelConfiguration
    /// The model.
    public let model: any LanguageModel
    /// How the weights are stored.
    public let layout: WeightLayout
    private let views: [String: MatrixView]

    /// Opens a folder with `config.json` and safetensors, or a safetensors file.
    ///
    /// - Parameter configuration: the model's shape; read from the folder's `config.json` unless given.
    /// - Throws: `StoredModelError`, `WeightsError` or `ModelError` where this is not a whole model of a known architecture.
    public init(path: String, configuration: ModelConfiguration? = nil) throws {
        try Self.refusePickles(path)
        let reader = try SafetensorsReader(path: path)
        if configuration == nil, !FileManager.default.fileExists(atPath: path + "/config.json") {
            throw StoredModelError.noConfiguration(path: path)
        }
        self.path = path
        self.configuration = try configuration ?? ModelConfiguration(file: path + "/config.json")
        model = try self.configuration.model()
        let layouts = WeightLayout.all(for: self.configuration)
        let names = TensorNames(reader.names)
        guard let layout = layouts.first(where: { names[$0.embeddingName] != nil }) else {
            throw StoredModelError.unknownLayout(path: path, found: reader.names.sorted(), expected: layouts.map(\.embeddingName))
        }
        self.layout = layout
        views = try Self.views(of: model, layout, in: reader, names)
    }

    /// The type of a weight's elements.
    public func elementType(of name: String) throws -> ElementType { try view(name).elementType }

    /// Gives the elements of a weight, by the model's own name for it, row-major and converted, in pieces of about a megabyte or as they
    /// are mapped.
    public func elements(of name: String, as type: ElementType, to append: (UnsafeRawBufferPointer) throws -> Void) throws {
        try appendElements(of: [view(name)], as: type, to: append)
    }

    /// Shows the elements of a weight where they are mapped; nil where they are of another type or lie in another order.
    public func withContiguousBytes<Result>(
        of name: String, as type: ElementType, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result? {
        let view = try view(name)
        return view.elementType == type ? try view.withContiguousBytes(body) : nil
    }

    /// Reads all weights and compares them to the sizes and checksums of the folder's `manifest.json`, where it has one.
    public func verify() throws(WeightsError) {
        guard FileManager.default.fileExists(atPath: path + "/" + Manifest.fileName) else { return }
        let manifest = try Manifest(directory: path)
        try Manifest(entries: manifest.entries.filter { $0.name.hasPrefix("model") }).verify(directory: path)
    }

    func view(_ name: String) throws(WeightsError) -> MatrixView {
        guard let view = views[name] else { throw .missingTensor(name, path: path) }
        return view
    }

    /// Where each of the model's weights is, after all checks.
    private static func views(
        of model: any LanguageModel, _ layout: WeightLayout, in reader: SafetensorsReader, _ names: TensorNames
    ) throws -> [String: MatrixView] {
        let (stored, copies) = (layout.tensors(of: model), layout.copies(of: model))
        let missing = stored.map(\.name).filter { names[$0] == nil }
        guard missing.isEmpty else { throw StoredModelError.missingTensors(missing, path: reader.path) }
        let known = Set((stored + copies).map(\.name))
        let extra = (names.all.filter { !known.contains($0) && !WeightLayout.isComputed($0) } + names.surplus).sorted()
        guard extra.isEmpty else { throw StoredModelError.extraTensors(extra, path: reader.path) }

        var views: [String: MatrixView] = [:]
        for tensor in stored {
            let whole = try checked(reader.tensor(names[tensor.name] ?? tensor.name), tensor, path: reader.path)
            let view = tensor.isTransposed ? whole.transposed : whole
            let rows = view.rows / tensor.parts.count
            for (index, part) in tensor.parts.enumerated() { views[part] = view[(index * rows)..<((index + 1) * rows)] }
        }
        for copy in copies {
            guard let found = names[copy.name].flatMap({ reader[$0] }), let original = views[copy.parts[0]] else { continue }
            _ = try checked(found, copy, path: reader.path)
            let isEqual = original.tensor.withBytes { original in found.withBytes { original.elementsEqual($0) } }
            guard isEqual else {
                throw StoredModelError.unequalCopy(tensor: copy.name, of: original.tensor.name, path: reader.path)
            }
        }
        return views
    }

    private static func checked(_ found: SafetensorsTensor, _ expected: StoredTensor, path: String) throws(StoredModelError) -> MatrixView {
        guard found.shape == expected.shape else {
            throw .wrongShape(tensor: found.name, found: found.shape, expected: expected.shape, path: path)
        }
        guard let type = found.type.elementType, [.f32, .f16, .bf16].contains(type) else {
            throw .wrongType(tensor: found.name, found: found.type.rawValue, path: path)
        }
        return MatrixView(found, type)
    }

    private static func refusePickles(_ path: String) throws(StoredModelError) {
        let endings = [".bin", ".pt", ".pth", ".ckpt", ".pkl"]
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else {
            if endings.contains(where: path.hasSuffix) { throw .pickled(file: path) }
            return
        }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        guard !names.contains(where: { $0.hasSuffix(".safetensors") || $0.hasSuffix(".safetensors.index.json") }) else { return }
        if let name = names.first(where: { name in endings.contains(where: name.hasSuffix) }) { throw .pickled(file: path + "/" + name) }
    }
}

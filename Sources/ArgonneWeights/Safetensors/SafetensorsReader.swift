import Glibc
import JSON

/// The tensors of a model by name, whether they are in one safetensors file or in several that an index lists.
///
///     let weights = try SafetensorsReader(path: "model-folder")
///     let head = try weights.tensor("lm_head.weight").elements(as: Float.self)
public struct SafetensorsReader: Sendable {
    /// The file or folder that was opened.
    public let path: String
    /// The names in the order of the files, and in each in the order of the elements.
    public let names: [String]
    /// The metadata of the files, joined.
    public let metadata: [String: String]
    private let tensors: [String: SafetensorsTensor]

    /// Opens a `.safetensors` file, or a folder with `model.safetensors` or with `model.safetensors.index.json` and its shards. Another
    /// `prefix` than `model` names other files, such as a checkpoint's `optimizer.safetensors`.
    public init(path: String, prefix: String = "model") throws(WeightsError) {
        var names: [String] = []
        var metadata: [String: String] = [:]
        var tensors: [String: SafetensorsTensor] = [:]
        let files = try Self.files(of: path, prefix: prefix)
        for (file, listed) in files {
            let opened = try SafetensorsFile(path: file)
            metadata.merge(opened.metadata) { first, _ in first }
            for tensor in opened.tensors {
                guard tensors.updateValue(tensor, forKey: tensor.name) == nil else {
                    throw .malformed(file: file, tensor: tensor.name, reason: "is in another file of the model too")
                }
                names.append(tensor.name)
            }
            for name in listed where tensors[name]?.file.path != file {
                throw .malformed(file: file, tensor: name, reason: "is missing, though the index says that it is here")
            }
        }
        self.path = path
        self.names = names
        self.metadata = metadata
        self.tensors = tensors
    }

    /// The tensor of this name, where there is one.
    public subscript(name: String) -> SafetensorsTensor? { tensors[name] }

    /// The tensor of this name.
    public func tensor(_ name: String) throws(WeightsError) -> SafetensorsTensor {
        guard let tensor = tensors[name] else { throw .missingTensor(name, path: path) }
        return tensor
    }

    /// The files to open, and for each the tensors that an index expects in it.
    private static func files(of path: String, prefix: String) throws(WeightsError) -> [(file: String, listed: [String])] {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .reading(path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return [(path, [])] }
        let index = "\(path)/\(prefix).safetensors.index.json"
        guard access(index, F_OK) == 0 else {
            let single = "\(path)/\(prefix).safetensors"
            guard access(single, F_OK) == 0 else {
                throw .unreadable(path: path, reason: "it has neither \(prefix).safetensors nor \(prefix).safetensors.index.json")
            }
            return [(single, [])]
        }
        let document = try JSONValue(file: index)
        guard let map = document["weight_map"]?.members else {
            throw .malformed(file: index, tensor: nil, reason: "it has no object 'weight_map'")
        }
        var listed: [String: [String]] = [:]
        for member in map {
            guard let file = member.value.string, !file.isEmpty, !file.contains("/") else {
                throw .malformed(file: index, tensor: member.key, reason: "is mapped to \(member.value), which is not a file name")
            }
            listed[file, default: []].append(member.key)
        }
        return listed.sorted { $0.key < $1.key }.map { ("\(path)/\($0.key)", $0.value) }
    }
}

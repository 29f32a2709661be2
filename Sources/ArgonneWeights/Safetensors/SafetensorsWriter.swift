import JSON

/// Writes tensors as safetensors files that Hugging Face reads: one file, or shards with an index where they would pass a size.
///
///     let writer = SafetensorsWriter(tensors: descriptions, maximumShardByteCount: 5_000_000_000)
///     try writer.write(to: directory) { tensor, append in
///         try parameters[tensor.name].withBytes(append)
///     }
///
/// Within a file the tensors stand by descending type, and in the given order within a type. Given in the order of their names, they
/// become the very bytes that the format's reference implementation writes.
public struct SafetensorsWriter: Sendable {
    /// The file names, in order, with the tensors of each.
    let shards: [(file: String, header: SafetensorsHeader)]
    private let prefix: String

    /// Plans the files. Tensors stay in order as long as they fit into a shard together; one that is larger has a shard of its own.
    /// Files are named `model.safetensors`, or `model-00001-of-00003.safetensors`, with another `prefix` for `model` if wanted. The
    /// metadata's `format` says for which framework the layout is meant; transformers insists on it.
    public init(
        tensors: [TensorDescription], maximumShardByteCount: Int = 5_000_000_000, prefix: String = "model",
        metadata: [String: String] = ["format": "pt"]
    ) {
        var groups: [[TensorDescription]] = [[]]
        var byteCount = 0
        for tensor in tensors {
            if byteCount + tensor.byteCount > maximumShardByteCount, groups[groups.count - 1].isEmpty == false {
                groups.append([])
                byteCount = 0
            }
            groups[groups.count - 1].append(tensor)
            byteCount += tensor.byteCount
        }
        self.prefix = prefix
        shards = groups.enumerated().map { index, group in
            let part = groups.count == 1 ? "" : "-\(Self.fiveDigits(index + 1))-of-\(Self.fiveDigits(groups.count))"
            return ("\(prefix)\(part).safetensors", SafetensorsHeader(layingOut: group, metadata: metadata))
        }
    }

    /// Writes all files, and the index where there are several. `contents` is called once for each tensor, in the order of the files,
    /// and appends the elements (little-endian, row-major) in one piece or many; so no more of the model is in memory than it holds.
    public func write(
        to directory: OutputDirectory,
        contents: (_ tensor: TensorDescription, _ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        for (name, header) in shards {
            try directory.write(named: name) { file in
                try file.write(header.bytes)
                for tensor in header.tensors {
                    let start = file.byteCount
                    try contents(tensor) { try file.write($0) }
                    guard file.byteCount - start == tensor.byteCount else {
                        throw WeightsError.malformed(
                            file: file.path, tensor: tensor.name,
                            reason: "was given \(file.byteCount - start) bytes, but its shape \(tensor.shape) takes \(tensor.byteCount)")
                    }
                }
            }
        }
        if shards.count > 1 { try directory.write(index.prettyPrinted, named: "\(prefix).safetensors.index.json") }
    }

    private var index: JSONValue {
        let placed = shards.flatMap { file, header in header.tensors.map { (tensor: $0, file: file) } }
        let total = placed.reduce(0) { $0 + $1.tensor.byteCount }
        let map = placed.sorted { $0.tensor.name < $1.tensor.name }.map { JSONValue.Member($0.tensor.name, .string($0.file)) }
        return ["metadata": ["total_size": JSONValue(integerLiteral: total)], "weight_map": .object(map)]
    }

    private static func fiveDigits(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 5 - number.description.count)) + number.description
    }
}

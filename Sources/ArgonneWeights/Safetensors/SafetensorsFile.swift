/// One safetensors file, mapped into memory and checked.
public struct SafetensorsFile: Sendable {
    /// Where the file is.
    public let path: String
    /// Free texts by name, such as `format`: `pt`.
    public let metadata: [String: String]
    /// The tensors in the order of their elements in the file.
    public let tensors: [SafetensorsTensor]

    /// Maps a file and checks its header: every tensor lies inside the file, and together they fill it.
    public init(path: String) throws(WeightsError) {
        let file = try MappedFile(path: path)
        let header = try file.withBytes { (bytes) throws(WeightsError) in try SafetensorsHeader(parsing: bytes, named: path) }
        self.path = path
        metadata = header.metadata
        tensors = zip(header.tensors, header.offsets).map { tensor, offset in
            let start = header.dataStart + offset
            return SafetensorsTensor(description: tensor, file: file, range: start..<start + tensor.byteCount)
        }
    }
}

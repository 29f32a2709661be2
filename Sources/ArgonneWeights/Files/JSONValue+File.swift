import JSON

extension JSONValue {
    /// Reads a JSON file.
    init(file path: String) throws(WeightsError) {
        self = try MappedFile(path: path).withBytes { (bytes) throws(WeightsError) in
            do {
                return try JSONValue(parsing: bytes)
            } catch {
                throw .malformed(file: path, tensor: nil, reason: "\(error)")
            }
        }
    }
}

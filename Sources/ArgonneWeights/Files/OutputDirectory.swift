import Glibc

/// A folder into which files are written, each whole or not at all, with a record of their sizes and checksums.
public final class OutputDirectory {
    /// Where the folder is.
    public let path: String
    /// The files written through this value, in order.
    public private(set) var manifest = Manifest(entries: [])

    /// Uses a folder, which is created if it is not there (its parent must be).
    public init(path: String) throws(WeightsError) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .writing(path) }
        self.path = path
    }

    /// Writes a file of this name with what `contents` appends, replacing one that is there. If `contents` throws, nothing is changed.
    public func write(named name: String, contents: (FileWriter) throws -> Void) throws {
        let writer = try FileWriter(directory: path, name: name)
        try contents(writer)
        manifest.entries.append(try writer.finish())
    }

    /// Writes a text file in UTF-8.
    public func write(_ text: String, named name: String) throws {
        try write(named: name) { try $0.write(text) }
    }

    /// Writes `manifest.json`, the record of the files written so far.
    public func writeManifest() throws {
        let text = manifest.json.prettyPrinted
        try write(text, named: Manifest.fileName)
    }
}

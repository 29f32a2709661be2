import Checksums
import Glibc
import JSON

/// The sizes and checksums of the files of a folder, kept in its `manifest.json` to tell later whether they are whole.
public struct Manifest: Sendable, Equatable {
    /// The name of the manifest's own file.
    public static let fileName = "manifest.json"

    /// One file.
    public struct Entry: Sendable, Equatable {
        /// The name within the folder.
        public let name: String
        /// The size.
        public let byteCount: Int
        /// The XXH64 of the contents.
        public let xxh64: UInt64
    }

    /// The files in the order in which they were written.
    public internal(set) var entries: [Entry]

    /// Reads the manifest of a folder.
    public init(directory: String) throws(WeightsError) {
        let path = "\(directory)/\(Self.fileName)"
        let document = try JSONValue(file: path)
        entries = []
        for file in document["files"]?.elements ?? [] {
            guard let name = file["name"]?.string, !name.isEmpty, !name.contains("/"), let byteCount = file["bytes"]?.integer(as: Int.self),
                let digits = file["xxh64"]?.string, let xxh64 = UInt64(digits, radix: 16)
            else {
                throw .malformed(file: path, tensor: nil, reason: "\(file) is not an entry with name, bytes and xxh64")
            }
            entries.append(Entry(name: name, byteCount: byteCount, xxh64: xxh64))
        }
        guard !entries.isEmpty else { throw .malformed(file: path, tensor: nil, reason: "it lists no files") }
    }

    init(entries: [Entry]) { self.entries = entries }

    /// Reads every listed file of the folder, and throws at the first that is not what was written.
    public func verify(directory: String) throws(WeightsError) {
        for entry in entries {
            let path = "\(directory)/\(entry.name)"
            let (byteCount, hash) = try Self.measure(path)
            guard byteCount == entry.byteCount else {
                throw .damaged(file: path, reason: "it has \(byteCount) bytes where \(entry.byteCount) were written")
            }
            guard hash == entry.xxh64 else {
                throw .damaged(file: path, reason: "its checksum is \(Self.hexadecimal(hash)), not \(Self.hexadecimal(entry.xxh64))")
            }
        }
    }

    /// The document that `manifest.json` holds.
    var json: JSONValue {
        let files = entries.map { entry -> JSONValue in
            [
                "name": .string(entry.name), "bytes": JSONValue(integerLiteral: entry.byteCount),
                "xxh64": .string(Self.hexadecimal(entry.xxh64)),
            ]
        }
        return ["files": .array(files)]
    }

    /// The size and hash of a file. It is read, not mapped: a disk's error must be an error here, not a signal.
    private static func measure(_ path: String) throws(WeightsError) -> (byteCount: Int, hash: UInt64) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .reading(path) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var hash = XXH64()
        var byteCount = 0
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .reading(path) }
            guard count > 0 else { return (byteCount, hash.digest()) }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            byteCount += count
        }
    }

    private static func hexadecimal(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

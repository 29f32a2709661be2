import Checksums
import Glibc

/// A new file that is written front to back, and hashed on the way.
///
/// The bytes go to a hidden name beside the final one. `OutputDirectory` finishes it: synced to the disk and then renamed, so that
/// the final name never stands for half a file. A writer that goes away unfinished removes what it wrote.
public final class FileWriter {
    /// Where the finished file will be.
    public let path: String
    /// How many bytes were written so far.
    public private(set) var byteCount = 0
    private let partialPath: String
    private var descriptor: Int32
    private var hash = XXH64()

    /// Starts a file in a folder.
    init(directory: String, name: String) throws(WeightsError) {
        path = "\(directory)/\(name)"
        partialPath = "\(directory)/.\(name).partial"
        descriptor = open(partialPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .writing(path) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(partialPath)
    }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(WeightsError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let written = Glibc.write(descriptor, piece.baseAddress, min(piece.count, 1 << 30))
            if written < 0, errno == EINTR { continue }
            guard written >= 0 else { throw .writing(path) }
            hash.update(UnsafeRawBufferPointer(rebasing: piece[..<written]))
            rest = rest.dropFirst(written)
        }
        byteCount += bytes.count
    }

    /// Appends bytes.
    public func write(_ bytes: [UInt8]) throws(WeightsError) {
        let outcome = bytes.withUnsafeBytes { buffer in
            Result { () throws(WeightsError) in try write(buffer) }
        }
        try outcome.get()
    }

    /// Appends a text in UTF-8.
    public func write(_ text: String) throws(WeightsError) { try write(Array(text.utf8)) }

    /// Syncs the file and gives it its name.
    func finish() throws(WeightsError) -> Manifest.Entry {
        guard fsync(descriptor) == 0 else { throw .writing(path) }
        guard rename(partialPath, path) == 0 else { throw .writing(path) }
        close(descriptor)
        descriptor = -1
        return Manifest.Entry(name: path.split(separator: "/").last.map(String.init) ?? path, byteCount: byteCount, xxh64: hash.digest())
    }
}

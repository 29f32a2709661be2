import Glibc

/// A file's bytes, mapped into memory for reading until the last reference goes. Pages are read from the disk when they are touched.
///
/// A file that another process truncates meanwhile ends this one with SIGBUS, as for any mapping; files of weights are replaced by
/// renaming, which leaves a mapping whole.
final class MappedFile: Sendable {
    let path: String
    nonisolated(unsafe) private let bytes: UnsafeRawBufferPointer  // nothing writes to it

    /// Maps a regular file.
    init(path: String) throws(WeightsError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .reading(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .reading(path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "it is not a file") }
        if status.st_size > 0 {
            guard let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
                throw .reading(path)
            }
            bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
        } else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        }
        self.path = path
    }

    /// Shows the bytes, which stay mapped until `body` returns.
    func withBytes<Result, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(bytes)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
}

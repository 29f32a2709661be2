import Checksums
import Glibc

/// Writes a token shard beside its final place; only `finish` puts it there, so that a shard exists whole or not at all.
final class TokenShardWriter {
    private let path: String
    private let partialPath: String
    private let tokenWidth: Int
    private let file: Int32
    private var isFinished = false
    /// Encoded tokens that have yet to be written.
    private var buffer: [UInt8] = []
    private var widened: [Int32] = []
    private var tokensChecksum = XXH64()
    private var index: [UInt8] = []
    private var documents = 0
    private var tokens = 0

    /// - Parameter vocabularySize: decides the bytes a token takes: two where they are enough.
    init(path: String, vocabularySize: Int) throws(DataError) {
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        self.path = path
        partialPath = path[..<slash] + "." + path[slash...] + ".partial"
        tokenWidth = vocabularySize <= 1 << 16 ? 2 : 4
        file = open(partialPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .unwritable(path: path, reason: String(cString: strerror(errno))) }
        try write([UInt8](repeating: 0, count: TokenShardHeader.size))
    }

    deinit {
        if file >= 0 { close(file) }
        if !isFinished { unlink(partialPath) }
    }

    func append(_ document: TokenDocument) throws(DataError) {
        let count = document.count
        if widened.count < count { widened = [Int32](repeating: 0, count: 2 * count) }
        widened.withUnsafeMutableBufferPointer { tokens in
            if let start = tokens.baseAddress { document.copy(0..<count, to: start) }
        }
        if tokenWidth == 4 {
            widened.withUnsafeBytes { buffer.append(contentsOf: $0[..<(4 * count)]) }
        } else {
            for token in widened[..<count] {
                buffer.append(UInt8(truncatingIfNeeded: token))
                buffer.append(UInt8(truncatingIfNeeded: token >> 8))
            }
        }
        documents += 1
        tokens += count
        withUnsafeBytes(of: (UInt64(tokens).littleEndian, document.hash.littleEndian)) { index.append(contentsOf: $0) }
        if buffer.count >= 1 << 20 { try flush() }
    }

    /// Writes the index, the metadata and the header, has the system put all on the disk, and gives the file its name.
    func finish(_ metadata: PreparedShardMetadata) throws(DataError) {
        try flush()
        let json = try metadata.json()
        index.append(contentsOf: json)
        let header = TokenShardHeader(
            tokenWidth: tokenWidth, documents: documents, tokens: tokens, metadataBytes: json.count,
            tokensChecksum: tokensChecksum.digest(),
            indexChecksum: index.withUnsafeBytes { XXH64.digest($0) })
        try write([UInt8](repeating: 0, count: header.indexOffset - TokenShardHeader.size - tokens * tokenWidth))
        try write(index)
        guard lseek(file, 0, SEEK_SET) == 0 else { throw failure }
        try write(header.bytes)
        guard fsync(file) == 0, rename(partialPath, path) == 0 else { throw failure }
        isFinished = true
    }

    private func flush() throws(DataError) {
        tokensChecksum.update(buffer)
        try write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private func write(_ bytes: [UInt8]) throws(DataError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + written }, bytes.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure }
            written += count
        }
    }

    private var failure: DataError { .unwritable(path: path, reason: String(cString: strerror(errno))) }
}

import Checksums

/// The first 64 bytes of a token shard, little-endian:
///
///     0  magic "ARGTOKEN"          32  bytes of metadata
///     8  version (4 bytes)         40  XXH64 of the tokens
///     12 bytes a token (4 bytes)   48  XXH64 of index and metadata
///     16 documents                 56  XXH64 of bytes 0 ..< 56
///     24 tokens
///
/// Then come the tokens, zeros up to a multiple of 8, the index (for each document the token after its last one and the XXH64 of its text, 8
/// bytes each) and the metadata (JSON).
struct TokenShardHeader: Equatable {
    static let size = 64
    static let version: UInt32 = 1
    private static let magic = Array("ARGTOKEN".utf8)

    var tokenWidth: Int
    var documents: Int
    var tokens: Int
    var metadataBytes: Int
    var tokensChecksum: UInt64
    var indexChecksum: UInt64

    var indexOffset: Int { (Self.size + tokens * tokenWidth + 7) & ~7 }
    var metadataOffset: Int { indexOffset + documents * 16 }
    var fileSize: Int { metadataOffset + metadataBytes }

    /// The bytes of the header.
    var bytes: [UInt8] {
        var bytes = Self.magic
        func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
        append(Self.version)
        append(UInt32(tokenWidth))
        append(UInt64(documents))
        append(UInt64(tokens))
        append(UInt64(metadataBytes))
        append(tokensChecksum)
        append(indexChecksum)
        append(bytes.withUnsafeBytes { XXH64.digest($0) })
        return bytes
    }

    init(tokenWidth: Int, documents: Int, tokens: Int, metadataBytes: Int, tokensChecksum: UInt64, indexChecksum: UInt64) {
        self.tokenWidth = tokenWidth
        self.documents = documents
        self.tokens = tokens
        self.metadataBytes = metadataBytes
        self.tokensChecksum = tokensChecksum
        self.indexChecksum = indexChecksum
    }

    /// Reads a header, and checks that a file of `fileSize` bytes is what it describes.
    init(_ bytes: UnsafeRawBufferPointer, fileSize: Int, path: String) throws(DataError) {
        guard bytes.count >= Self.size, bytes.starts(with: Self.magic) else {
            throw .unreadable(path: path, reason: "not a token shard: it does not begin with ARGTOKEN")
        }
        func read<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
            Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
        let version = read(8, as: UInt32.self)
        guard version == Self.version else {
            throw .unreadable(path: path, reason: "token shard version \(version), expected \(Self.version); prepare the data again")
        }
        guard read(56, as: UInt64.self) == XXH64.digest(UnsafeRawBufferPointer(rebasing: bytes[..<56])) else {
            throw .unreadable(path: path, reason: "damaged header: its checksum does not match")
        }
        self.init(
            tokenWidth: Int(read(12, as: UInt32.self)), documents: Int(read(16, as: Int64.self)), tokens: Int(read(24, as: Int64.self)),
            metadataBytes: Int(read(32, as: Int64.self)), tokensChecksum: read(40, as: UInt64.self),
            indexChecksum: read(48, as: UInt64.self))
        guard tokenWidth == 2 || tokenWidth == 4, [documents, tokens, metadataBytes].allSatisfy({ (0...fileSize).contains($0) }) else {
            throw .unreadable(path: path, reason: "\(tokens) tokens in \(fileSize) bytes: truncated, or not a token shard")
        }
        guard fileSize == self.fileSize else {
            throw .unreadable(path: path, reason: "\(fileSize) bytes, expected \(self.fileSize): truncated or not fully written")
        }
    }
}

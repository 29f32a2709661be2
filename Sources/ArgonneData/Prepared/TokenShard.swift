import Checksums
import Foundation

/// A file of tokens made by `CorpusPreparation`, memory-mapped: opening it costs its index, reading it no copy.
public final class TokenShard: @unchecked Sendable {
    /// Where it is.
    public let path: String
    /// What it was made from, and how.
    public let metadata: PreparedShardMetadata
    private let header: TokenShardHeader
    private let bytes: UnsafeRawBufferPointer

    /// Maps a shard and checks its header, index and metadata. The tokens' checksum is checked by `verify`.
    public init(path: String) throws(DataError) {
        let bytes = try Self.map(path)
        do throws(DataError) {
            let header = try TokenShardHeader(bytes, fileSize: bytes.count, path: path)
            let index = UnsafeRawBufferPointer(rebasing: bytes[header.indexOffset...])
            guard XXH64.digest(index) == header.indexChecksum else {
                throw .unreadable(path: path, reason: "damaged index: its checksum does not match")
            }
            var end: UInt64 = 0
            for document in 0..<header.documents {
                let next = UInt64(littleEndian: index.loadUnaligned(fromByteOffset: document * 16, as: UInt64.self))
                guard next >= end, next <= header.tokens else { throw .unreadable(path: path, reason: "an index that runs backwards") }
                end = next
            }
            metadata = try PreparedShardMetadata(json: UnsafeRawBufferPointer(rebasing: bytes[header.metadataOffset...]), path: path)
            self.path = path
            self.header = header
            self.bytes = bytes
        } catch {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
            throw error
        }
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// Documents in it.
    public var documentCount: Int { header.documents }
    /// Tokens in it, boundaries included.
    public var tokenCount: Int { header.tokens }

    /// Reads all tokens and compares their checksum.
    public func verify() throws(DataError) {
        let tokens = bytes[TokenShardHeader.size..<TokenShardHeader.size + header.tokens * header.tokenWidth]
        guard XXH64.digest(UnsafeRawBufferPointer(rebasing: tokens)) == header.tokensChecksum else {
            throw .unreadable(path: path, reason: "damaged tokens: their checksum does not match")
        }
    }

    /// The tokens of a document.
    public func document(_ index: Int) -> [Int32] {
        let tokens = tokens(of: index)
        return [Int32](unsafeUninitializedCapacity: tokens.count) { copy, count in
            if let start = copy.baseAddress { tokens.copy(0..<tokens.count, to: start) }
            count = tokens.count
        }
    }

    /// The tokens of a document, where they lie.
    func tokens(of document: Int) -> TokenSpan {
        let range = firstToken(of: document)..<firstToken(of: document + 1)
        return TokenSpan(
            start: base + TokenShardHeader.size + range.lowerBound * header.tokenWidth, width: header.tokenWidth, count: range.count)
    }

    /// The hash of a document's text.
    func hash(of document: Int) -> UInt64 { indexEntry(document, 8) }

    /// Asks the system to read documents from disk while something else is done.
    func prefetch(_ documents: Range<Int>) {
        let page = Int(getpagesize())
        let first = TokenShardHeader.size + firstToken(of: documents.lowerBound) * header.tokenWidth
        let end = TokenShardHeader.size + firstToken(of: documents.upperBound) * header.tokenWidth
        let start = first & ~(page - 1)
        madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, MADV_WILLNEED)
    }

    private func firstToken(of document: Int) -> Int { document == 0 ? 0 : Int(indexEntry(document - 1, 0)) }

    private func indexEntry(_ document: Int, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: base.load(fromByteOffset: header.indexOffset + document * 16 + offset, as: UInt64.self))
    }

    private var base: UnsafeRawPointer {
        guard let base = bytes.baseAddress else { preconditionFailure("a mapping without an address") }
        return base
    }

    private static func map(_ path: String) throws(DataError) -> UnsafeRawBufferPointer {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        let size = Int(status.st_size)
        guard size >= TokenShardHeader.size else { throw .unreadable(path: path, reason: "\(size) bytes: too short for a token shard") }
        guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, file, 0), start != MAP_FAILED else {
            throw .unreadable(path: path, reason: "cannot be mapped: \(String(cString: strerror(errno)))")
        }
        return UnsafeRawBufferPointer(start: start, count: size)
    }
}

/// A token shard as rows of a corpus.
final class TokenShardReader: ShardReader {
    private let shard: TokenShard
    private var firstRow: Int

    init(path: String, tokenizer: String, firstRow: Int) throws(DataError) {
        shard = try TokenShard(path: path)
        guard shard.metadata.tokenizer == tokenizer else {
            throw .otherTokenizer(path: path, found: shard.metadata.tokenizer, expected: tokenizer)
        }
        self.firstRow = firstRow
    }

    func next() throws(DataError) -> RowBlock? {
        guard firstRow < shard.documentCount else { return nil }
        defer { firstRow = shard.documentCount }
        return .tokens(shard, firstRow..<shard.documentCount)
    }
}

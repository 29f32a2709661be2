import CPJRT

/// Writes documents as a Parquet or Arrow file with one text column.
///
///     let writer = try TextColumnWriter(path: "corpus.parquet")
///     for chapter in chapters { try writer.append(chapter) }
///     try writer.finish()
///
/// Without `finish` the file is not complete and no reader accepts it.
public final class TextColumnWriter {
    /// The kinds of file.
    public enum Format: Sendable {
        /// Apache Parquet.
        case parquet
        /// The Arrow IPC file format ("Feather version 2").
        case arrowFile
        /// The Arrow IPC stream format, in which Hugging Face datasets keeps its shards.
        case arrowStream
    }

    /// A codec by Arrow's name: "zstd", "snappy", "gzip", "lz4", "brotli" or "uncompressed" (IPC knows only zstd and lz4).
    public struct Compression: Sendable, ExpressibleByStringLiteral {
        let name: String

        /// A codec by its name.
        public init(stringLiteral name: String) { self.name = name }
    }

    private let path: String
    private let api: ArgonneArrowAPI
    private let writer: UnsafeMutableRawPointer?

    /// Creates the file, overwriting what is there.
    ///
    /// - Parameter rowsPerGroup: rows of a Parquet row group or an IPC record batch.
    public init(
        path: String, column: String = "text", format: Format = .parquet, compression: Compression = "zstd", rowsPerGroup: Int = 1000
    ) throws(DataError) {
        let api = try ArrowLibrary.api()
        let code =
            switch format {
            case .parquet: ARGONNE_ARROW_PARQUET
            case .arrowFile: ARGONNE_ARROW_IPC_FILE
            case .arrowStream: ARGONNE_ARROW_IPC_STREAM
            }
        var created: UnsafeMutableRawPointer?
        do throws(ArrowLibrary.Failure) {
            try ArrowLibrary.call {
                api.create(path, Int32(code), column, compression.name, Int64(rowsPerGroup), &created, $0, $1)
            }
        } catch {
            throw .unwritable(path: path, reason: error.message)
        }
        self.path = path
        self.api = api
        writer = created
    }

    deinit { api.release_writer(writer) }

    /// Appends a document; nil is a null.
    public func append(_ text: String?) throws(DataError) {
        guard var text else { return try call { api.append(writer, nil, 0, $0, $1) } }
        try call { message, capacity in
            text.withUTF8 { utf8 in
                // A row of no bytes needs an address all the same, because a null pointer means a null.
                var nothing: UInt8 = 0
                return withUnsafePointer(to: &nothing) {
                    api.append(writer, utf8.baseAddress ?? $0, Int64(utf8.count), message, capacity)
                }
            }
        }
    }

    /// Writes what is buffered and the footer, and closes the file. Nothing can be appended afterwards.
    public func finish() throws(DataError) {
        try call { api.finish(writer, $0, $1) }
    }

    private func call(_ body: (UnsafeMutablePointer<CChar>, Int) -> Int32) throws(DataError) {
        do throws(ArrowLibrary.Failure) {
            try ArrowLibrary.call(body)
        } catch {
            throw .unwritable(path: path, reason: error.message)
        }
    }
}

import CPJRT

/// The bytes of a file from its beginning, decompressed where it is gzip or zstd.
final class ByteInput {
    private let path: String
    private let api: ArgonneArrowAPI
    private let input: UnsafeMutableRawPointer?

    init(path: String) throws(DataError) {
        let api = try ArrowLibrary.api()
        var opened: UnsafeMutableRawPointer?
        do throws(ArrowLibrary.Failure) {
            try ArrowLibrary.call { api.open_bytes(path, &opened, $0, $1) }
        } catch {
            throw .unreadable(path: path, reason: error.message)
        }
        self.path = path
        self.api = api
        input = opened
    }

    deinit { api.release_bytes(input) }

    /// Reads into `buffer`; returns how many bytes came, 0 only at the end of the file.
    func read(into buffer: Slice<UnsafeMutableBufferPointer<UInt8>>) throws(DataError) -> Int {
        let buffer = UnsafeMutableBufferPointer(rebasing: buffer)
        var count: Int64 = 0
        do throws(ArrowLibrary.Failure) {
            try ArrowLibrary.call { api.read_bytes(input, buffer.baseAddress, Int64(buffer.count), &count, $0, $1) }
        } catch {
            throw .unreadable(path: path, reason: error.message)
        }
        return Int(count)
    }
}

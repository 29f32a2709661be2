import Glibc

/// Cuts the bytes of a file into lines.
final class LineReader {
    private let input: ByteInput
    private var buffer: UnsafeMutableBufferPointer<UInt8>
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    /// Lines given so far.
    private(set) var count = 0

    init(path: String) throws(DataError) {
        input = try ByteInput(path: path)
        buffer = .allocate(capacity: 1 << 20)
    }

    deinit { buffer.deallocate() }

    /// The next line without its line feed, valid until the next call; nil at the end. A last line need not end in a line feed.
    func next() throws(DataError) -> UnsafeBufferPointer<UInt8>? {
        var searched = 0
        while true {
            if let length = lineLength(searchingFrom: start + searched) { return take(length, andSkip: 1) }
            if isAtEnd { return start == end ? nil : take(end - start, andSkip: 0) }
            searched = end - start
            try fill()
        }
    }

    private func take(_ length: Int, andSkip separator: Int) -> UnsafeBufferPointer<UInt8> {
        defer { start += length + separator }
        count += 1
        return UnsafeBufferPointer(rebasing: buffer[start..<start + length])
    }

    /// How far from `start` the next line feed is, of the bytes that are there.
    private func lineLength(searchingFrom first: Int) -> Int? {
        guard first < end, let base = buffer.baseAddress, let found = memchr(base + first, 0x0A, end - first) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base) - start
    }

    /// Moves what is pending to the front of a buffer with room, and reads on.
    private func fill() throws(DataError) {
        let pending = buffer[start..<end]
        if pending.count > buffer.count / 2 {
            let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2 * buffer.count)
            _ = larger.initialize(fromContentsOf: pending)
            buffer.deallocate()
            buffer = larger
        } else if let base = buffer.baseAddress {
            memmove(base, base + start, pending.count)
        }
        (start, end) = (0, pending.count)
        let count = try input.read(into: buffer[end...])
        end += count
        isAtEnd = count == 0
    }
}

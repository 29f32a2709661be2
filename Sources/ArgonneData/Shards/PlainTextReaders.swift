/// Plain text with a document a line.
final class TextLinesReader: ShardReader {
    private let lines: LineReader

    init(path: String, firstRow: Int) throws(DataError) {
        lines = try LineReader(path: path)
        while lines.count < firstRow, try lines.next() != nil {}
    }

    func next() throws(DataError) -> RowBlock? {
        var batch = TextBatchBuilder()
        while !batch.isFull, let line = try lines.next() {
            batch.append(line.last == UInt8(ascii: "\r") ? UnsafeBufferPointer(rebasing: line.dropLast()) : line)
            batch.endDocument()
        }
        return batch.finish().map(RowBlock.text)
    }
}

/// Plain text whose one document is the whole file.
final class TextFileReader: ShardReader {
    private var input: ByteInput?

    init(path: String, firstRow: Int) throws(DataError) {
        input = firstRow == 0 ? try ByteInput(path: path) : nil
    }

    func next() throws(DataError) -> RowBlock? {
        guard let input else { return nil }
        self.input = nil
        let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 20)
        defer { piece.deallocate() }
        var batch = TextBatchBuilder()
        while true {
            let count = try input.read(into: piece[...])
            if count == 0 { break }
            batch.append(UnsafeBufferPointer(rebasing: piece[..<count]))
        }
        batch.endDocument()
        return batch.finish().map(RowBlock.text)
    }
}

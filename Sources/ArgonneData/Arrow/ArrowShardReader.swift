import CPJRT

/// Reads the text column of a Parquet file, an Arrow IPC file or an Arrow IPC stream, a batch of rows at a time.
final class ArrowShardReader: ShardReader {
    private let path: String
    private var stream = ArrowArrayStream()
    private let hasWideOffsets: Bool
    private let hasScores: Bool

    init(path: String, textColumn: String, scoreColumn: String?, firstRow: Int) throws(DataError) {
        self.path = path
        let api = try ArrowLibrary.api()
        var opened = ArrowArrayStream()
        do throws(ArrowLibrary.Failure) {
            try ArrowLibrary.call { api.open(path, textColumn, scoreColumn, Int64(firstRow), &opened, $0, $1) }
        } catch {
            guard error.status == ARGONNE_ARROW_NO_COLUMN else { throw .unreadable(path: path, reason: error.message) }
            let names = error.message.split(separator: ", ")
            let missing = scoreColumn.flatMap { names.contains(Substring(textColumn)) ? $0 : nil } ?? textColumn
            throw .missingColumn(path: path, column: missing, found: error.message)
        }
        stream = opened
        hasScores = scoreColumn != nil
        var schema = ArrowSchema()
        hasWideOffsets = stream.get_schema(&stream, &schema) == 0 && ArrowField.fields(of: schema).first?.format == "U"
        schema.release?(&schema)
    }

    deinit { stream.release?(&stream) }

    func next() throws(DataError) -> RowBlock? {
        var array = ArrowArray()
        guard stream.get_next(&stream, &array) == 0 else {
            throw .unreadable(path: path, reason: stream.get_last_error(&stream).map { String(cString: $0) } ?? "unknown reason")
        }
        guard array.release != nil else { return nil }
        guard let batch = textBatch(array) else {
            array.release?(&array)
            throw .unreadable(path: path, reason: "a record batch without the text column's buffers")
        }
        return .text(batch)
    }

    /// The batch as documents, which own it from then on; nil (and nothing owned) where a buffer is missing.
    private func textBatch(_ array: ArrowArray) -> TextBatch? {
        guard let columns = array.children, let text = Column(columns[0], in: array) else { return nil }
        let offsets: TextBatch.Offsets
        if hasWideOffsets {
            guard let start = text.buffer(1, as: Int64.self) else { return nil }
            offsets = .wide(start + text.first)
        } else {
            guard let start = text.buffer(1, as: Int32.self) else { return nil }
            offsets = .narrow(start + text.first)
        }
        var scores: (values: UnsafePointer<Double>, validity: TextBatch.Validity)?
        if hasScores {
            guard let column = Column(columns[1], in: array), let start = column.buffer(1, as: Double.self) else { return nil }
            scores = (start + column.first, column.validity)
        }
        return TextBatch(
            count: Int(array.length), bytes: text.buffer(2, as: UInt8.self), offsets: offsets, validity: text.validity, scores: scores
        ) {
            var array = array
            array.release?(&array)
        }
    }

    /// A child of a record batch; `first` is its row 0, since the batch and the child may both begin at an offset.
    private struct Column {
        let buffers: UnsafeMutablePointer<UnsafeRawPointer?>
        let first: Int

        init?(_ child: UnsafeMutablePointer<ArrowArray>?, in batch: ArrowArray) {
            guard let column = child?.pointee, let buffers = column.buffers else { return nil }
            self.buffers = buffers
            first = Int(batch.offset + column.offset)
        }

        func buffer<Element>(_ index: Int, as type: Element.Type) -> UnsafePointer<Element>? {
            buffers[index]?.assumingMemoryBound(to: Element.self)
        }

        var validity: TextBatch.Validity { .init(bits: buffer(0, as: UInt8.self), first: first) }
    }
}

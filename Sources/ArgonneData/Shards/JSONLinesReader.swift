/// JSON Lines: an object a line, of which two keys are read.
final class JSONLinesReader: ShardReader {
    private let path: String
    private let lines: LineReader
    private let textKey: [UInt8]
    private let scoreKey: [UInt8]?
    private let layout: TextLayout

    init(path: String, layout: TextLayout, firstRow: Int) throws(DataError) {
        self.path = path
        self.layout = layout
        textKey = Array(layout.textColumn.utf8)
        scoreKey = layout.scoreColumn.map { Array($0.utf8) }
        lines = try LineReader(path: path)
        while lines.count < firstRow, try lines.next() != nil {}
    }

    func next() throws(DataError) -> RowBlock? {
        var batch = TextBatchBuilder()
        while !batch.isFull, let line = try lines.next() {
            var object = JSONObjectScanner(line, textKey: textKey, scoreKey: scoreKey)
            do throws(JSONObjectScanner.Malformed) {
                try object.scan(into: &batch)
            } catch {
                throw .unreadable(path: path, reason: "line \(lines.count), byte \(error.offset + 1): \(error.reason)")
            }
            // Later objects may leave the key out, which is an empty document; the first shows whether the key is right at all.
            if lines.count == 1, !object.hasText {
                throw .missingColumn(path: path, column: layout.textColumn, found: object.keys.joined(separator: ", "))
            }
            if lines.count == 1, let score = layout.scoreColumn, !object.hasScore {
                throw .missingColumn(path: path, column: score, found: object.keys.joined(separator: ", "))
            }
            batch.endDocument(score: object.score)
        }
        return batch.finish().map(RowBlock.text)
    }
}

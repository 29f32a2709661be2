extension Shard {
    /// Hands over all documents of a text shard in order, many at a time; empty ones are left out.
    ///
    /// - Throws: `DataError` where the shard cannot be read or holds tokens instead of text.
    public func forEachText(layout: TextLayout = TextLayout(), _ body: ([String]) throws -> Void) throws {
        let reader = try open(layout: layout, tokenizer: "", at: 0)
        while let block = try reader.next() {
            guard case .text(let batch) = block else { continue }
            let texts = (0..<batch.count).map { String(decoding: batch.text(at: $0), as: UTF8.self) }
            try body(texts.filter { !$0.isEmpty })
        }
    }
}

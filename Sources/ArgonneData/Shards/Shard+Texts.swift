extension Shard {
    /// Hands over the documents of a text shard in order, many at a time; empty ones, and those on the other side of a split, are left out.
    ///
    /// - Throws: `DataError` where the shard cannot be read or holds tokens instead of text, and what `body` throws.
    public func forEachText(layout: TextLayout = TextLayout(), split: HeldOutSplit = .none, _ body: ([String]) throws -> Void) throws {
        guard format != .tokens else { throw DataError.notText(path: path) }
        let reader = try open(layout: layout, tokenizer: "", at: 0)
        while let block = try reader.next() {
            guard case .text(let batch) = block else { continue }
            let texts = (0..<batch.count).map(batch.text).filter { !$0.isEmpty && split.includes(HeldOutSplit.hash($0)) }
            try body(texts.map { String(decoding: $0, as: UTF8.self) })
        }
    }
}

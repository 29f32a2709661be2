extension Tokenizer {
    /// The ids of a text.
    ///
    /// - Parameter allowSpecial: whether special tokens that stand in the text become their ids. Where false they are text like any
    ///   other, so that a document cannot forge a boundary.
    public func encode(_ text: String, allowSpecial: Bool = false) -> [Int32] {
        var ids: [Int32] = []
        var text = text
        text.withUTF8 { encode(utf8: $0, into: &ids) }
        return ids
    }

    /// Appends the ids of a text to `ids`, special tokens being text.
    public func encode(utf8 text: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
        ids.reserveCapacity(ids.count + text.count)
        for byte in text { ids.append(Int32(byte)) }
    }
}

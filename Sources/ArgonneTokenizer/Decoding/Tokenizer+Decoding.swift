extension Tokenizer {
    /// The text of the ids; bytes that are not UTF-8 become replacement characters.
    public func decode(_ ids: some Sequence<Int32>, skipSpecial: Bool = false) -> String {
        String(decoding: decodeBytes(ids, skipSpecial: skipSpecial), as: UTF8.self)
    }

    /// The bytes of the ids. An id that no token has adds nothing.
    public func decodeBytes(_ ids: some Sequence<Int32>, skipSpecial: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        for id in ids where !skipSpecial || !isSpecial(id) { bytes += vocabulary[id] }
        return bytes
    }
}

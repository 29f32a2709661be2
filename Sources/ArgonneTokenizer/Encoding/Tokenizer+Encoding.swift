extension Tokenizer {
    /// The ids of a text.
    ///
    /// - Parameter allowSpecial: whether special tokens that stand in the text become their ids. Where false they are text like any
    ///   other, so that a document cannot forge a boundary. Added tokens that are not special become their ids in both cases.
    public func encode(_ text: String, allowSpecial: Bool = false) -> [Int32] {
        var ids: [Int32] = []
        var text = text
        text.withUTF8 { utf8 in encoders.withEncoder { $0.encode(utf8, allowSpecial: allowSpecial, into: &ids) } }
        return ids
    }

    /// Appends the ids of a text to `ids`, special tokens being text. Ill-formed UTF-8 is read as U+FFFD, except by `bytes`.
    public func encode(utf8 text: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
        encoders.withEncoder { $0.encode(text, allowSpecial: false, into: &ids) }
    }

    /// What encoding a text costs beyond one step a byte: pairs looked up, queue entries moved, bytes looked at twice. For tests that the
    /// work stays in proportion to the text.
    package func work(of text: UnsafeBufferPointer<UInt8>) -> Int {
        encoders.withEncoder { encoder in
            let before = encoder.work
            var ids: [Int32] = []
            encoder.encode(text, allowSpecial: false, into: &ids)
            return encoder.work - before
        }
    }
}

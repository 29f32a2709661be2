import Checksums
import JSON

extension Tokenizer {
    /// A SHA-256, in hexadecimal, of everything that affects the ids of a document: vocabulary, merges, added tokens with their flags,
    /// normalisation, pattern, and the tokens that stand around a document.
    ///
    /// It does not depend on the file format: a tokenizer that is saved and loaded keeps it. It takes some milliseconds.
    public var fingerprint: String {
        var hash = SHA256()
        for id in Int32(0)..<Int32(vocabulary.count) {
            let bytes = vocabulary[id]
            hash.update([UInt8(truncatingIfNeeded: bytes.count), vocabulary.isByteLevel(id) ? 1 : 0] + bytes)
        }
        definition.merges.withUnsafeBytes { hash.update($0) }
        for token in addedTokens { hash.update(utf8: token.json.description) }
        let rules: JSONValue = [
            "pattern": .string(definition.pattern.expression ?? ""),
            "nfc": .bool(definition.composes), "prefix": .bool(definition.addsPrefixSpace),
            "whole": .bool(definition.ignoresMerges), "unknown": .number("\(definition.unknown ?? -1)"),
            "beginning": .number("\(beginningOfDocument ?? -1)"), "end": .number("\(endOfDocument ?? -1)"),
        ]
        hash.update(utf8: rules.description)
        return hash.hexDigest()
    }
}

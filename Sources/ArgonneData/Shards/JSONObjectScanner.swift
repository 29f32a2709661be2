/// Scans one JSON object (RFC 8259) for a string and a number at its top level, and checks the syntax of all the rest.
struct JSONObjectScanner {
    struct Malformed: Error {
        let offset: Int
        let reason: String
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let textKey: [UInt8]
    private let scoreKey: [UInt8]?
    private var index = 0
    private var escaped: [UInt8] = []

    private(set) var hasText = false
    private(set) var hasScore = false
    private(set) var score: Double?
    /// The keys seen, for messages.
    private(set) var keys: [String] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, textKey: [UInt8], scoreKey: [UInt8]?) {
        self.bytes = bytes
        self.textKey = textKey
        self.scoreKey = scoreKey
    }

    /// Scans the object, appending the text to the open document of `batch`. A blank line is an object without keys.
    mutating func scan(into batch: inout TextBatchBuilder) throws(Malformed) {
        skipSpace()
        if index == bytes.count { return }
        try expect("{")
        skipSpace()
        if !take("}") {
            repeat {
                skipSpace()
                var key: [UInt8] = []
                try string { key.append(contentsOf: $0) }
                skipSpace()
                try expect(":")
                skipSpace()
                try value(of: key, into: &batch)
                skipSpace()
            } while take(",")
            try expect("}")
        }
        skipSpace()
        if index < bytes.count { throw malformed("more after the object") }
    }

    private mutating func value(of key: [UInt8], into batch: inout TextBatchBuilder) throws(Malformed) {
        keys.append(String(decoding: key, as: UTF8.self))
        if key == textKey, !hasText {
            hasText = true
            if peek == UInt8(ascii: "\"") { return try string { batch.append($0) } }
            guard peek == UInt8(ascii: "n") else { throw malformed("the text is not a string") }
        } else if key == scoreKey, !hasScore {
            hasScore = true
            if peek != UInt8(ascii: "n") {
                score = try number()
                return
            }
        }
        try skipValue(depth: 0)
    }

    private mutating func skipValue(depth: Int) throws(Malformed) {
        guard depth < 512 else { throw malformed("nested too deeply") }
        switch peek {
        case UInt8(ascii: "\""): try string { _ in }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let isObject = peek == UInt8(ascii: "{")
            let close: Unicode.Scalar = isObject ? "}" : "]"
            index += 1
            skipSpace()
            if take(close) { return }
            repeat {
                skipSpace()
                if isObject {
                    try string { _ in }
                    skipSpace()
                    try expect(":")
                    skipSpace()
                }
                try skipValue(depth: depth + 1)
                skipSpace()
            } while take(",")
            try expect(close)
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: _ = try number()
        }
    }

    /// Passes the pieces of a string, escapes resolved, to `append`. A surrogate without its partner becomes U+FFFD.
    private mutating func string(_ append: (UnsafeBufferPointer<UInt8>) -> Void) throws(Malformed) {
        try expect("\"")
        var plain = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                append(UnsafeBufferPointer(rebasing: bytes[plain..<index]))
                index += 1
                return
            case UInt8(ascii: "\\"):
                append(UnsafeBufferPointer(rebasing: bytes[plain..<index]))
                index += 1
                escaped.removeAll(keepingCapacity: true)
                escaped.append(contentsOf: try escape().utf8)
                escaped.withUnsafeBufferPointer(append)
                plain = index
            case 0..<0x20: throw malformed("a control character in a string")
            default: index += 1
            }
        }
        throw malformed("a string without its end")
    }

    /// The character of an escape whose backslash has been read.
    private mutating func escape() throws(Malformed) -> Unicode.Scalar {
        guard let letter = peek else { throw malformed("a string without its end") }
        index += 1
        switch letter {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "u"):
            let unit = try hexadecimal()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            let afterFirst = index
            guard unit < 0xDC00, take("\\"), take("u") else {
                index = afterFirst
                return "\u{FFFD}"
            }
            let low = try hexadecimal()
            guard (0xDC00...0xDFFF).contains(low), let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) else {
                index = afterFirst
                return "\u{FFFD}"
            }
            return scalar
        default: throw malformed("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(Malformed) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed("\\u without four digits")
            }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }

    private mutating func number() throws(Malformed) -> Double {
        let start = index
        while let byte = peek, byte >= 0x2B, byte != UInt8(ascii: ","), byte != UInt8(ascii: "]"), byte != UInt8(ascii: "}") { index += 1 }
        guard let number = Double(String(decoding: bytes[start..<index], as: UTF8.self)) else {
            index = start
            throw malformed("expected a value")
        }
        return number
    }

    private mutating func word(_ word: StaticString) throws(Malformed) {
        let matches = word.withUTF8Buffer { bytes[index...].starts(with: $0) }
        if !matches { throw malformed("expected a value") }
        index += word.utf8CodeUnitCount
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: scalar) else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws(Malformed) {
        if !take(scalar) { throw malformed("expected \(scalar)") }
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func malformed(_ reason: String) -> Malformed { Malformed(offset: index, reason: reason) }
}

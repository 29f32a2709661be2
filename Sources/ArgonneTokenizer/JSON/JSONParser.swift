/// Why a text is not JSON.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// Where in the text, in bytes.
    public let offset: Int
    /// What was expected there.
    public let expected: String
    /// One line.
    public var description: String { "not valid JSON at byte \(offset): expected \(expected)" }
}

extension JSONValue {
    /// The value of a JSON text in UTF-8. Vocabularies have hundreds of thousands of members, so it reads about 100 MB/s.
    public init(parsing text: some Collection<UInt8>) throws(JSONError) {
        let bytes = Array(text)
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONError) in
                var parser = JSONParser(text: buffer)
                return try parser.parseDocument()
            }
        }
        self = try result.get()
    }
}

/// A recursive-descent parser of RFC 8259 over a buffer that it does not own.
private struct JSONParser {
    let text: UnsafeBufferPointer<UInt8>
    var position = 0
    static let maximumDepth = 256

    init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

    mutating func parseDocument() throws(JSONError) -> JSONValue {
        if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF { position = 3 }
        let value = try parseValue(depth: 0)
        skipWhitespace()
        guard position == text.count else { throw expected("the end of the text") }
        return value
    }

    private func expected(_ what: String) -> JSONError { JSONError(offset: position, expected: what) }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < Self.maximumDepth else { throw expected("at most \(Self.maximumDepth) nested values") }
        skipWhitespace()
        guard let byte = next else { throw expected("a value") }
        switch byte {
        case UInt8(ascii: "{"): return try parseObject(depth: depth)
        case UInt8(ascii: "["): return try parseArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw expected("a value")
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        guard end <= text.count, (0..<word.utf8CodeUnitCount).allSatisfy({ text[position + $0] == word.utf8Start[$0] }) else {
            throw expected("\(word)")
        }
        position = end
        return value
    }

    private mutating func parseObject(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        skipWhitespace()
        if take("}") { return .object(members) }
        repeat {
            skipWhitespace()
            guard next == UInt8(ascii: "\"") else { throw expected("a key") }
            let key = try parseString()
            skipWhitespace()
            guard take(":") else { throw expected("\":\"") }
            members.append(JSONValue.Member(key, try parseValue(depth: depth + 1)))
            skipWhitespace()
        } while take(",")
        guard take("}") else { throw expected("\",\" or \"}\"") }
        return .object(members)
    }

    private mutating func parseArray(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if take("]") { return .array(elements) }
        repeat {
            elements.append(try parseValue(depth: depth + 1))
            skipWhitespace()
        } while take(",")
        guard take("]") else { throw expected("\",\" or \"]\"") }
        return .array(elements)
    }

    private mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = position
        _ = take("-")
        let digits = position
        skipDigits()
        guard position > digits, text[digits] != UInt8(ascii: "0") || position == digits + 1 else { throw expected("a number") }
        var isInteger = true
        if take(".") {
            isInteger = false
            let fraction = position
            skipDigits()
            guard position > fraction else { throw expected("a digit") }
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            let exponent = position
            skipDigits()
            guard position > exponent else { throw expected("a digit") }
        }
        let spelling = String(decoding: text[start..<position], as: UTF8.self)
        if isInteger, let value = Int(spelling) { return .integer(value) }
        guard let value = Double(spelling) else { throw expected("a number") }
        return .number(value)
    }

    private mutating func skipDigits() {
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    }

    private mutating func parseString() throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if next == UInt8(ascii: "\"") {
            position += 1
            return String(decoding: text[start..<position - 1], as: UTF8.self)
        }
        var bytes = Array(text[start..<position])
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"): bytes += String(try parseEscape()).utf8
            case 0..<0x20:
                position -= 1
                throw expected("no control character in a string")
            default: bytes.append(byte)
            }
        }
        throw expected("the closing quote of a string")
    }

    private mutating func parseEscape() throws(JSONError) -> Unicode.Scalar {
        guard let letter = next else { throw expected("an escape") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try parseHexadecimal()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            // The first half of a surrogate pair; a half that stands alone is no character.
            let second = position
            if unit < 0xDC00, take("\\"), take("u") {
                let low = try parseHexadecimal()
                if (0xDC00..<0xE000).contains(low), let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) {
                    return scalar
                }
            }
            position = second
            return "\u{FFFD}"
        default:
            position -= 1
            throw expected("an escape")
        }
    }

    private mutating func parseHexadecimal() throws(JSONError) -> UInt32 {
        guard position + 4 <= text.count else { throw expected("four hexadecimal digits") }
        var value: UInt32 = 0
        for byte in text[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw expected("four hexadecimal digits") }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}

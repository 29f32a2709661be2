extension JSONParser {
    /// A quoted string, its escapes resolved.
    mutating func string() throws(JSONError) -> String {
        let start = position
        let quote = bytes[position]
        position += 1
        var result = ""
        var runStart = position
        while let byte = current {
            switch byte {
            case quote:
                result += try text(runStart..<position)
                position += 1
                return result
            case UInt8(ascii: "\\"):
                result += try text(runStart..<position)
                position += 1
                try appendEscape(to: &result)
                runStart = position
            case 0..<0x20 where dialect == .json || byte == UInt8(ascii: "\n"):
                throw error("a control character in a string must be escaped")
            default:
                position += 1
            }
        }
        throw error("the string does not end", at: start)
    }

    private mutating func appendEscape(to result: inout String) throws(JSONError) {
        guard let byte = current else { return }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.unicodeScalars.append(UnicodeScalar(byte))
        case UInt8(ascii: "b"): result += "\u{8}"
        case UInt8(ascii: "f"): result += "\u{c}"
        case UInt8(ascii: "n"): result += "\n"
        case UInt8(ascii: "r"): result += "\r"
        case UInt8(ascii: "t"): result += "\t"
        case UInt8(ascii: "u"): result.unicodeScalars.append(try unicodeEscape())
        case UInt8(ascii: "'") where dialect == .json5: result += "'"
        case UInt8(ascii: "\n") where dialect == .json5: break  // a line continuation
        default: throw error("unknown escape in a string", at: position - 2)
        }
    }

    /// The scalar of `\uXXXX`, or of a surrogate pair of two such.
    private mutating func unicodeEscape() throws(JSONError) -> UnicodeScalar {
        let start = position - 2
        let first = try hexadecimal4()
        if let scalar = UnicodeScalar(first) { return scalar }
        guard first < 0xDC00, take("\\u") else { throw error("half a surrogate pair in a string", at: start) }
        let second = try hexadecimal4()
        guard (0xDC00...0xDFFF).contains(second), let scalar = UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) else {
            throw error("half a surrogate pair in a string", at: start)
        }
        return scalar
    }

    private mutating func hexadecimal4() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw error("four hexadecimal digits were expected")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// A number's text in JSON's own notation, whatever notation it is written in.
    mutating func number() throws(JSONError) -> String {
        let start = position
        var isNegative = false
        if dialect == .json5, take("+") {} else { isNegative = take("-") }
        let sign = isNegative ? "-" : ""
        if dialect == .json5 {
            if take("Infinity") { return sign + "inf" }
            if take("NaN") { return "nan" }
            if take("0x") || take("0X") { return sign + (try hexadecimalInteger(start: start)) }
        }
        let whole = digits()
        var fraction: String?
        if take(".") { fraction = digits() }
        let isLoose = dialect == .json5 && (whole.isEmpty != (fraction ?? "").isEmpty)
        guard isLoose || !(whole.isEmpty || fraction == "" || (whole.hasPrefix("0") && whole.count > 1)) else {
            position = start
            throw error(whole.isEmpty && fraction == nil && !isNegative ? "a value was expected" : "malformed number")
        }
        var text = sign + (whole.isEmpty ? "0" : whole)
        if let fraction, !fraction.isEmpty { text += ".\(fraction)" }
        if take("e") || take("E") {
            text += "e"
            if take("-") { text += "-" } else { _ = take("+") }
            let exponent = digits()
            guard !exponent.isEmpty else { throw error("malformed number", at: start) }
            text += exponent
        }
        return text
    }

    private mutating func digits() -> String {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func hexadecimalInteger(start: Int) throws(JSONError) -> String {
        var value: UInt64 = 0
        let first = position
        while let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue {
            guard value >> 60 == 0 else { throw error("a hexadecimal number is wider than 64 bits", at: start) }
            value = value << 4 | UInt64(digit)
            position += 1
        }
        guard position > first else { throw error("malformed number", at: start) }
        return String(value)
    }
}

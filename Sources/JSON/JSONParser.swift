extension JSONValue {
    /// The notations that can be read.
    public enum Dialect: Sendable {
        /// RFC 8259.
        case json
        /// JSON5, for what people write: comments, bare keys, single quotes, last commas, hexadecimal, signs, `Infinity` and `NaN`.
        case json5
    }

    /// Reads a whole document. A key twice in an object is an error in either dialect, as are invalid UTF-8 and more than 128 levels.
    public init(parsing bytes: UnsafeRawBufferPointer, as dialect: Dialect = .json) throws(JSONError) {
        var parser = JSONParser(bytes: bytes, dialect: dialect)
        self = try parser.document()
    }

    /// Reads a whole document, as the other initialiser does.
    public init(parsing text: String, as dialect: Dialect = .json) throws(JSONError) {
        self = try JSONValue(parsing: Array(text.utf8), as: dialect)
    }

    /// Reads a whole document, as the other initialiser does.
    public init(parsing bytes: [UInt8], as dialect: Dialect = .json) throws(JSONError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONError) in try JSONValue(parsing: buffer, as: dialect) }
        }
        self = try result.get()
    }
}

/// A recursive-descent parser over bytes.
struct JSONParser {
    static let deepest = 128

    let bytes: UnsafeRawBufferPointer
    let dialect: JSONValue.Dialect
    var position = 0

    init(bytes: UnsafeRawBufferPointer, dialect: JSONValue.Dialect) {
        self.bytes = bytes
        self.dialect = dialect
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        try skipSpace()
        guard position == bytes.count else { throw error("nothing more was expected after the document") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        try skipSpace()
        guard depth <= Self.deepest else { throw error("more than \(Self.deepest) levels") }
        switch current {
        case nil: throw error("the text ends where a value was expected")
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "'") where dialect == .json5: return .string(try string())
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "n") where take("null"): return .null
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        var keys: Set<String> = []
        while try !isAtEnd(of: UInt8(ascii: "}"), isFirst: members.isEmpty) {
            let start = position
            let key = try key()
            guard keys.insert(key).inserted else {
                position = start
                throw error("the key '\(key)' is there twice")
            }
            try skipSpace()
            guard take(":") else { throw error("':' was expected after the key '\(key)'") }
            members.append(JSONValue.Member(key, try value(depth: depth + 1)))
        }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        while try !isAtEnd(of: UInt8(ascii: "]"), isFirst: elements.isEmpty) {
            elements.append(try value(depth: depth + 1))
        }
        return .array(elements)
    }

    /// Steps over what separates the items of a list, and over its closing bracket where that comes.
    private mutating func isAtEnd(of close: UInt8, isFirst: Bool) throws(JSONError) -> Bool {
        try skipSpace()
        var mayClose = isFirst
        if !isFirst, take(",") {
            try skipSpace()
            mayClose = dialect == .json5
            guard current != close || mayClose else { throw error("a value was expected after the comma") }
        } else if !isFirst {
            mayClose = true
            guard current == close else { throw error("',' or '\(Character(UnicodeScalar(close)))' was expected") }
        }
        guard mayClose, current == close else { return false }
        position += 1
        return true
    }

    private mutating func key() throws(JSONError) -> String {
        if current == UInt8(ascii: "\"") || (dialect == .json5 && current == UInt8(ascii: "'")) { return try string() }
        guard dialect == .json5 else { throw error("a key in double quotes was expected") }
        let start = position
        while let byte = current, Self.isNameByte(byte) { position += 1 }
        guard position > start else { throw error("a key was expected") }
        return try text(start..<position)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...: true
        default: false
        }
    }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        for index in 0..<count where bytes[position + index] != word.utf8Start[index] { return false }
        position += count
        return true
    }

    private mutating func skipSpace() throws(JSONError) {
        while let byte = current {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                position += 1
            case UInt8(ascii: "/") where dialect == .json5:
                try skipComment()
            default:
                return
            }
        }
    }

    private mutating func skipComment() throws(JSONError) {
        if take("//") {
            while let byte = current, byte != UInt8(ascii: "\n") { position += 1 }
        } else if take("/*") {
            while !take("*/") {
                guard position < bytes.count else { throw error("a comment does not end") }
                position += 1
            }
        } else {
            throw error("a value was expected, not '/'")
        }
    }

    func text(_ range: Range<Int>) throws(JSONError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw error("not valid UTF-8", at: range.lowerBound)
        }
        return text
    }

    func error(_ reason: String, at place: Int? = nil) -> JSONError {
        let before = bytes[..<(place ?? position)]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        return JSONError(line: line, column: before.count - lineStart + 1, reason: reason)
    }
}

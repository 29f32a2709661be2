import ArgonneTokenizer
import Testing

struct JSONTests {
    private func parse(_ text: String) throws(JSONError) -> JSONValue { try JSONValue(parsing: text.utf8) }

    @Test func values() throws {
        #expect(
            try parse(#" {"b": [1, -2.5e3, true, false, null], "a": {}} "#) == ["b": [1, .number(-2500), true, false, .null], "a": [:]])
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try parse("\u{FEFF}[]") == [])
        #expect(try parse(#"{"a":1,"a":2}"#)["a"] == 2)
    }

    @Test func strings() throws {
        #expect(try parse(#""a\"\\\/\b\f\n\r\té""#) == "a\"\\/\u{8}\u{C}\n\r\té")
        #expect(try parse(#""\u00e9\ud83d\ude00\ud83d""#) == "é😀\u{FFFD}")
        #expect(try parse(#""\ud83dx\udc00""#) == "\u{FFFD}x\u{FFFD}")
        #expect(try parse(#""\ud83d\u0041""#) == "\u{FFFD}A")
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", "-", "1e", "tru", "\"a", "\"\\x\"", "\"\\u12\"", "\"\n\"", "[1] 2", "{1:2}",
        "nan",
        "'a'", String(repeating: "[", count: 100_000),
    ])
    func refusesWhatIsNotJSON(_ text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test func writtenAndReadAgain() throws {
        let value: JSONValue = ["a": [1, .number(0.1), .null, true], "é\u{1}\"\\\n": ["x": [], "y": [:]], "big": .number(1e300)]
        #expect(try parse(value.text()) == value)
        #expect(try parse(value.text(.indented(2))) == value)
        #expect((["a": [1, 2], "b": [:]] as JSONValue).text() == #"{"a": [1, 2], "b": {}}"#)
        #expect((["a": [1]] as JSONValue).text(.indented(2)) == "{\n  \"a\": [\n    1\n  ]\n}")
    }
}

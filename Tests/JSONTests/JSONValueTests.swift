import JSON
import Testing

struct JSONValueTests {
    @Test(
        arguments: [
            ("null", JSONValue.null), (" true ", true), ("-0", .number("-0")), ("1.50e+3", .number("1.50e3")),
            (#""aé\u00e9\ud83d\ude00\n\/\"""#, "aéé😀\n/\""),
            ("[]", []), ("[1,[2,{}]]", [1, [2, [:]]]),
            (#"{"b": 1, "a": [null, false, "x"]}"#, ["b": 1, "a": [.null, false, "x"]]),
        ] as [(String, JSONValue)])
    func jsonIsRead(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
        #expect(try JSONValue(parsing: text, as: .json5) == value)
        #expect(try JSONValue(parsing: value.description) == value)
        #expect(try JSONValue(parsing: value.prettyPrinted) == value)
    }

    @Test(
        arguments: [
            ("{a: 1, $b_2: 'it\"s', }", ["a": 1, "$b_2": "it\"s"]),
            ("// first\n[1, /* two */ +2, .5, 5., 0x1F, -0xff,]", [1, 2, .number("0.5"), 5, 31, -255]),
            ("[Infinity, -Infinity, NaN]", [.number("inf"), .number("-inf"), .number("nan")]),
            ("'a\\\nb\\''", "ab'"),
        ] as [(String, JSONValue)])
    func json5IsReadWhereItIsAskedFor(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text, as: .json5) == value)
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test(arguments: [
        ("", "line 1, column 1: the text ends where a value was expected"),
        ("{\n \"a\" 1}", "line 2, column 6: ':' was expected after the key 'a'"),
        ("[1 2]", "line 1, column 4: ',' or ']' was expected"),
        ("[1,]", "line 1, column 4: a value was expected after the comma"),
        ("[,1]", "line 1, column 2: a value was expected"),
        ("{\"a\":1,\"b\":2,\"a\":3}", "line 1, column 14: the key 'a' is there twice"),
        ("[1]]", "line 1, column 4: nothing more was expected after the document"),
        ("[01]", "line 1, column 2: malformed number"),
        ("[1.]", "line 1, column 2: malformed number"),
        ("[-]", "line 1, column 2: malformed number"),
        ("[1e]", "line 1, column 2: malformed number"),
        ("\"abc", "line 1, column 1: the string does not end"),
        ("\"a\nb\"", "line 1, column 3: a control character in a string must be escaped"),
        (#""\x""#, "line 1, column 2: unknown escape in a string"),
        (#""\ud800""#, "line 1, column 2: half a surrogate pair in a string"),
        (#""\u12g4""#, "line 1, column 6: four hexadecimal digits were expected"),
        ("{a: 1}", "line 1, column 2: a key in double quotes was expected"),
        ("tru", "line 1, column 1: a value was expected"),
    ])
    func mistakesAreLocated(text: String, message: String) throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error.description == message)
    }

    /// A deep document must not exhaust the stack.
    @Test func depthIsLimited() throws {
        #expect(throws: Never.self) { try JSONValue(parsing: String(repeating: "[", count: 128) + String(repeating: "]", count: 128)) }
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
        #expect(error.reason == "more than 128 levels")
    }

    @Test func invalidUTF8IsRefused() throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0x61, 0xFF, 0x22]) }
        #expect(error.description == "line 1, column 2: not valid UTF-8")
    }

    @Test func numbersAreExact() throws {
        let value = try JSONValue(parsing: "[18446744073709551615, 9007199254740993, 0.1, 1e3]")
        let elements = try #require(value.elements)
        #expect(elements[0].integer(as: UInt64.self) == .max)
        #expect(elements[0].integer() == nil)
        #expect(elements[1].integer() == 9_007_199_254_740_993)
        #expect(elements[2].double == 0.1)
        #expect(elements[3].integer() == nil)
    }

    @Test func printing() {
        let value: JSONValue = ["name": "a\"b\u{1}", "shape": [2, 3], "parts": [["x": 1]], "none": [:]]
        #expect(value.description == #"{"name":"a\"b\u0001","shape":[2,3],"parts":[{"x":1}],"none":{}}"#)
        #expect(
            value.prettyPrinted == """
                {
                  "name": "a\\"b\\u0001",
                  "shape": [2,3],
                  "parts": [
                    {
                      "x": 1
                    }
                  ],
                  "none": {}
                }

                """)
    }
}

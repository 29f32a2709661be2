import ArgonneData
import Foundation
import Testing

@Suite struct FilterTests {
    /// Swift's Unicode tables are newer than Python's, and "white space" is not the same set in both: every scalar that Python knows must count
    /// as it does there.
    @Test func everyScalarCountsAsInPython() throws {
        let runs = try #require(try JSONSerialization.jsonObject(with: Golden.data("scalars.json")) as? [[Any]])
        var next: UInt32 = 0
        for run in runs {
            let end = try #require(run[0] as? NSNumber).uint32Value
            let expected = try #require(run[1] as? String)
            while next < end {
                defer { next += 1 }
                guard expected != "?", let scalar = Unicode.Scalar(next) else { continue }
                let counts = Array(String(scalar).utf8).withUnsafeBufferPointer { CharacterCounts(utf8: $0) }
                let found = counts.map { $0.digits == 1 ? "d" : $0.letters == 1 ? "l" : $0.spaces == 1 ? "s" : "o" }
                if found != expected { Issue.record("U+\(String(next, radix: 16)): \(found ?? "invalid"), Python: \(expected)") }
            }
        }
        #expect(next == 0x110000)
    }

    @Test func argonneRulesDecideAsPython() throws {
        let cases = try #require(try JSONSerialization.jsonObject(with: Golden.data("filters.json")) as? [[Any]])
        for pair in cases {
            let text = try #require(pair[0] as? String)
            #expect(rule(.argonne, text)?.rawValue == pair[1] as? String, "\(text)")
        }
        #expect(cases.count > 300)
    }

    /// A long run of one class must not spill into the next class's counter.
    @Test func countsAreExactInLongTexts() {
        let text = [UInt8](repeating: UInt8(ascii: "7"), count: 3 << 20) + [UInt8](repeating: UInt8(ascii: "x"), count: 5)
        let counts = text.withUnsafeBufferPointer { CharacterCounts(utf8: $0) }
        #expect(counts?.digits == 3 << 20)
        #expect(counts?.letters == 5)
        #expect(counts?.spaces == 0)
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xE2, 0x82, 0x28], [0xFF],
        ] as [[UInt8]])
    func textThatIsNotUTF8IsDropped(bytes: [UInt8]) {
        let text = Array("a perfectly good beginning ".utf8) + bytes
        text.withUnsafeBufferPointer { #expect(DocumentFilters.none.rule(against: $0, score: nil) == .invalidUTF8) }
    }

    @Test func optionalRules() {
        var filters = DocumentFilters.none
        filters.minimumCharacters = 5
        filters.maximumCharacters = 60
        filters.maximumSymbolShare = 0.25
        filters.maximumRepeatedLineShare = 0.4
        filters.minimumScore = 0.5
        #expect(rule(filters, "four", score: 1) == .tooShort)
        #expect(rule(filters, "é×é×", score: 1) == .tooShort)
        #expect(rule(filters, String(repeating: "long ", count: 13), score: 1) == .tooLong)
        #expect(rule(filters, String(repeating: "a#b#", count: 13), score: 1) == .symbols)
        #expect(rule(filters, "same\nsame\n\nsame\nother", score: 1) == .repeatedLines)
        #expect(rule(filters, "same\nsame\nother\nanother", score: 1) == nil)
        #expect(rule(filters, "good text", score: 0.49) == .score)
        #expect(rule(filters, "good text", score: nil) == .score)
        #expect(rule(filters, "good text", score: .nan) == .score)
        #expect(rule(filters, "good text", score: 0.5) == nil)
    }

    @Test func settingsThatAreLeftOutKeepTheirDefaults() throws {
        let filters = try JSONDecoder().decode(DocumentFilters.self, from: Data(#"{"maximumDigitShare": 0.25}"#.utf8))
        #expect(filters.maximumDigitShare == 0.25)
        #expect(filters.minimumTokens == 10)
        #expect(try JSONDecoder().decode(DocumentFilters.self, from: JSONEncoder().encode(DocumentFilters.none)) == .none)
    }

    private func rule(_ filters: DocumentFilters, _ text: String, score: Double? = nil) -> DropRule? {
        Array(text.utf8).withUnsafeBufferPointer { filters.rule(against: $0, score: score) }
    }
}

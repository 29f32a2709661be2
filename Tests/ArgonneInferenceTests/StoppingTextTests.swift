import ArgonneInference
import ArgonneTokenizer
import Testing

struct StoppingTextTests {
    /// The pieces that come out for a text fed byte by byte, and the stop string that ended it.
    private static func pieces(_ text: String, stops: [String]) -> (pieces: [String], stop: String?) {
        var stream = StoppingText(.bytes, stops: stops)
        var pieces: [String] = []
        for byte in text.utf8 where stream.stop == nil { pieces.append(stream.push(Int32(byte))) }
        pieces.append(stream.finish())
        return (pieces.filter { !$0.isEmpty }, stream.stop)
    }

    @Test func textComesAtOnceWhereNothingCouldStopIt() {
        #expect(Self.pieces("abc", stops: []).pieces == ["a", "b", "c"])
    }

    @Test func aStopStringNeverShows() {
        let (pieces, stop) = Self.pieces("one\n\ntwo", stops: ["\n\n"])
        #expect(pieces.joined() == "one")
        #expect(stop == "\n\n")
    }

    @Test func aFalseStartIsGivenOutLater() {
        let (pieces, stop) = Self.pieces("aab aabaac", stops: ["aabaac"])
        #expect(pieces.joined() == "aab ")
        #expect(stop == "aabaac")
        #expect(Self.pieces("aaab", stops: ["aabx"]).pieces.joined() == "aaab")
    }

    @Test func theFirstOfSeveralStops() {
        #expect(Self.pieces("x END y STOP", stops: ["STOP", "END"]).stop == "END")
        #expect(Self.pieces("x END y STOP", stops: ["STOP", "END"]).pieces.joined() == "x ")
    }

    @Test func charactersOfSeveralBytesStayWhole() {
        let (pieces, stop) = Self.pieces("é–é–!", stops: ["–!"])
        #expect(pieces.joined() == "é–é")
        #expect(pieces.allSatisfy { !$0.contains("\u{FFFD}") })
        #expect(stop == "–!")
    }

    @Test func anEmptyStopStringStopsNothing() { #expect(Self.pieces("ab", stops: [""]).stop == nil) }
}

import ArgonneTokenizer

/// The text of a sequence as its tokens come, up to a stop string. What may be the beginning of a stop string is held back.
package struct StoppingText: Sendable {
    private var decoder: StreamingDecoder
    private let stops: [[UInt8]]
    private var held: [UInt8] = []
    /// The stop string that was found.
    package private(set) var stop: String?

    /// A text that ends at the first of these strings.
    package init(_ tokenizer: Tokenizer, stops: [String]) {
        decoder = StreamingDecoder(tokenizer, skipSpecial: true)
        self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
    }

    /// Takes one more token; returns the text that is sure by now.
    package mutating func push(_ token: Int32) -> String { advance(decoder.push(token)) }

    /// The text that was held back, where no more tokens come.
    package mutating func finish() -> String {
        let text = advance(decoder.finish())
        defer { held = [] }
        return stop == nil ? text + String(decoding: held, as: UTF8.self) : text
    }

    private mutating func advance(_ text: String) -> String {
        guard stop == nil else { return "" }
        held += text.utf8
        let found = stops.compactMap { stop in Self.firstIndex(of: stop, in: held).map { (index: $0, stop: stop) } }
        let sure: Int
        if let first = found.min(by: { ($0.index, -$0.stop.count) < ($1.index, -$1.stop.count) }) {
            stop = String(decoding: first.stop, as: UTF8.self)
            sure = first.index
        } else {
            sure = held.count - (stops.map { Self.beginning(of: $0, atEndOf: held) }.max() ?? 0)
        }
        defer { held.removeFirst(sure) }
        return String(decoding: held.prefix(sure), as: UTF8.self)
    }

    private static func firstIndex(of stop: [UInt8], in text: [UInt8]) -> Int? {
        guard text.count >= stop.count else { return nil }
        return (0...(text.count - stop.count)).first { text[$0..<($0 + stop.count)].elementsEqual(stop) }
    }

    /// How many bytes at the end of the text are a beginning of the stop string, short of the whole.
    private static func beginning(of stop: [UInt8], atEndOf text: [UInt8]) -> Int {
        (0..<stop.count).reversed().first { text.suffix($0).elementsEqual(stop.prefix($0)) } ?? 0
    }
}

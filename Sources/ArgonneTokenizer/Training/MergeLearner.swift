/// Learns merges: again and again the most frequent pair of neighbours becomes a token.
///
/// Of equally frequent pairs the one with the lower ids comes first, which is Hugging Face's order too. Its trainer's other habits are kept
/// where they show in the result: a pair that comes back after it was merged (because two pairs spell one token) waits in the queue anew,
/// with the words it came back in.
struct MergeLearner {
    private var words: [Word] = []
    /// The tokens of all words, one after the other; a word shrinks in place.
    private var symbols: [Int32] = []
    private var pairs = PairIndex()
    /// By pair number: how often it occurs.
    private var counts: [Int] = []
    /// By pair number: the words in which it has come up since it was last queued.
    private var pending: [[Int32]] = []
    /// The pairs that `pending` has words for.
    private var touched: [Int] = []
    private var queue: [Candidate] = []

    private struct Word {
        var start: Int
        var length: Int
        var count: Int
    }

    /// A pair that waits to be merged in `words`. Its count may be out of date, but is never too low.
    private struct Candidate {
        var count: Int
        var pair: UInt64
        var number: Int
        var words: [Int32]

        func isBefore(_ other: Candidate) -> Bool { count != other.count ? count > other.count : pair < other.pair }
    }

    /// - Parameter byteIDs: byte → the token of that one byte.
    init(_ pieces: PieceCounts, byteIDs: [Int32]) {
        for index in 0..<pieces.count {
            let (piece, count) = pieces[index]
            words.append(Word(start: symbols.count, length: piece.count, count: count))
            for byte in piece { symbols.append(byteIDs[Int(byte)]) }
        }
        for (index, word) in words.enumerated() where word.length > 1 {
            for position in word.start..<word.start + word.length - 1 {
                change(symbols[position], symbols[position + 1], by: word.count, in: index)
            }
        }
        enqueueTouched()
    }

    /// Appends to `tokens` until there are `limit`, or no pair occurs `minimumFrequency` times.
    ///
    /// - Returns: the merges by rank.
    mutating func learn(tokens: inout [[UInt8]], limit: Int, minimumFrequency: Int) -> [Merge] {
        var ids: [[UInt8]: Int32] = [:]
        for (id, token) in tokens.enumerated() where !token.isEmpty { ids[token] = Int32(id) }
        var merges: [Merge] = []
        while tokens.count < limit, var top = popFirst() {
            if top.count != counts[top.number] {
                top.count = counts[top.number]
                push(top)
                continue
            }
            if top.count < max(minimumFrequency, 1) { break }
            let left = Int32(truncatingIfNeeded: top.pair >> 32)
            let right = Int32(truncatingIfNeeded: top.pair)
            let bytes = tokens[Int(left)] + tokens[Int(right)]
            let result = ids[bytes] ?? Int32(tokens.count)
            if ids.updateValue(result, forKey: bytes) == nil { tokens.append(bytes) }
            merges.append(Merge(left: left, right: right, result: result))
            for word in top.words { merge(left, right, into: result, in: Int(word)) }
            enqueueTouched()
        }
        // A pair that was merged twice has the rank of the second time.
        var seen: Set<UInt64> = []
        return merges.reversed().filter { seen.insert(PairIndex.pair($0.left, $0.right)).inserted }.reversed()
    }

    private mutating func merge(_ left: Int32, _ right: Int32, into result: Int32, in index: Int) {
        let word = words[index]
        var read = word.start
        var written = word.start
        let end = word.start + word.length
        while read < end {
            guard symbols[read] == left, read + 1 < end, symbols[read + 1] == right else {
                symbols[written] = symbols[read]
                read += 1
                written += 1
                continue
            }
            if written > word.start {
                change(symbols[written - 1], left, by: -word.count, in: index)
                change(symbols[written - 1], result, by: word.count, in: index)
            }
            read += 2
            if read < end {
                change(right, symbols[read], by: -word.count, in: index)
                change(result, symbols[read], by: word.count, in: index)
            }
            symbols[written] = result
            written += 1
        }
        words[index].length = written - word.start
    }

    private mutating func change(_ left: Int32, _ right: Int32, by count: Int, in word: Int) {
        let number = pairs.number(of: PairIndex.pair(left, right))
        if number == counts.count {
            counts.append(0)
            pending.append([])
        }
        counts[number] += count
        guard count > 0, pending[number].last != Int32(word) else { return }
        if pending[number].isEmpty { touched.append(number) }
        pending[number].append(Int32(word))
    }

    private mutating func enqueueTouched() {
        for number in touched {
            let words = pending[number]
            pending[number] = []
            if counts[number] > 0 { push(Candidate(count: counts[number], pair: pairs.pairs[number], number: number, words: words)) }
        }
        touched.removeAll(keepingCapacity: true)
    }

    // MARK: - The queue, a binary heap

    private mutating func push(_ candidate: Candidate) {
        queue.append(candidate)
        var index = queue.count - 1
        while index > 0, candidate.isBefore(queue[(index - 1) / 2]) {
            queue.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func popFirst() -> Candidate? {
        guard !queue.isEmpty else { return nil }
        queue.swapAt(0, queue.count - 1)
        let first = queue.removeLast()
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < queue.count else { break }
            if child + 1 < queue.count, queue[child + 1].isBefore(queue[child]) { child += 1 }
            guard queue[child].isBefore(queue[index]) else { break }
            queue.swapAt(index, child)
            index = child
        }
        return first
    }
}

import PJRT
import SPMD

/// Sequences that a model reads side by side, a row each, with keys and values of their tokens on the devices.
final class DecodingBatch {
    private let model: LoadedModel
    private let programs: DecodingPrograms
    private var cache: [ShardedArray]
    /// How many tokens each row holds.
    private(set) var lengths: [Int]

    /// Empty rows.
    init(_ model: LoadedModel, _ programs: DecodingPrograms) throws {
        self.model = model
        self.programs = programs
        cache = try programs.emptyCache()
        lengths = Array(repeating: 0, count: programs.rows)
    }

    /// Empties all rows. A failed run may have taken the cache along.
    func clear() throws {
        cache = []
        cache = try programs.emptyCache()
        lengths = lengths.map { _ in 0 }
    }

    private var runtime: Runtime { model.runtime }

    /// Reads one more token in each of some rows and returns the scores of all rows.
    ///
    /// Other rows keep what they hold: what the program writes for them lies behind their last token.
    func step(_ tokens: [(row: Int, token: Int32)]) throws -> NextScores {
        var numbers = Array(repeating: Int32(0), count: programs.rows) + lengths.map { Int32($0) }
        for (row, token) in tokens {
            numbers[row] = token
            lengths[row] += 1
        }
        return try run(programs.step(), numbers, shape: [2, programs.rows], sharding: .split(1, .data))
    }

    /// Replaces what some rows hold by other tokens, and returns where the scores after the last of them are.
    func read(_ texts: [(row: Int, tokens: ArraySlice<Int32>)]) throws -> [(row: Int, scores: NextScores, index: Int)] {
        var waiting = texts
        var found: [(row: Int, scores: NextScores, index: Int)] = []
        while !waiting.isEmpty {
            // Each device along the data axis reads one text of its own at a time.
            var taken: Set<Int> = []
            let round = waiting.filter { taken.insert($0.row / programs.localRows).inserted }
            waiting.removeAll { text in round.contains { $0.row == text.row } }
            found += try readTogether(round)
        }
        return found
    }

    private func readTogether(_ texts: [(row: Int, tokens: ArraySlice<Int32>)]) throws -> [(row: Int, scores: NextScores, index: Int)] {
        let devices = runtime.mesh.size(.data)
        let longest = texts.map(\.tokens.count).max() ?? 0
        var found: [(row: Int, scores: NextScores, index: Int)] = []
        for (start, length) in DecodingPrograms.pieces(of: longest) {
            var numbers = Array(repeating: Int32(0), count: devices * (3 + length))
            var ends: [(row: Int, device: Int)] = []
            for (row, tokens) in texts where start < tokens.count {
                let (device, local) = row.quotientAndRemainder(dividingBy: programs.localRows)
                let piece = tokens.dropFirst(start).prefix(length)
                let first = device * (3 + length)
                numbers.replaceSubrange(first..<(first + 3), with: [Int32(local), Int32(start), Int32(piece.count)])
                numbers.replaceSubrange((first + 3)..<(first + 3 + piece.count), with: piece)
                if start + piece.count == tokens.count { ends.append((row, device)) }
            }
            let scores = try run(programs.piece(length), numbers, shape: [devices, 3 + length], sharding: .split(0, .data))
            found += ends.map { ($0.row, scores, $0.device) }
        }
        for (row, tokens) in texts { lengths[row] = tokens.count }
        return found
    }

    private func run(_ program: Program, _ numbers: [Int32], shape: [Int], sharding: Sharding) throws -> NextScores {
        let input = try runtime.array(numbers, shape: shape, sharding: sharding)
        let results = try program(model.arguments + cache + [input])
        cache = Array(results.prefix(cache.count))
        return NextScores(scores: results[cache.count], greatest: results[cache.count + 1])
    }
}

/// Scores of the tokens to come next, which may still be under way: a line for each sequence.
struct NextScores {
    private let scores: ShardedArray
    private let greatest: ShardedArray

    init(scores: ShardedArray, greatest: ShardedArray) {
        self.scores = scores
        self.greatest = greatest
    }

    /// Waits, and chooses a token for some of the lines. Scores are brought to the host only where a sampler looks at them.
    func tokens(_ choices: [(index: Int, sampler: Sampler, history: [Int32], number: Int)]) throws -> [Int32] {
        let best: [Int32] = try greatest.values()
        let count = scores.type.shape[1]
        guard choices.allSatisfy({ Int(best[$0.index]) < count }) else { throw InferenceError.notANumber }
        if choices.allSatisfy(\.sampler.sampling.takesGreatest) { return choices.map { best[$0.index] } }
        let values: [Float] = try scores.values()
        return values.withUnsafeBufferPointer { values in
            choices.map { choice in
                let line = UnsafeBufferPointer(rebasing: values[(choice.index * count)..<((choice.index + 1) * count)])
                return choice.sampler.token(from: line, history: choice.history, index: choice.number)
            }
        }
    }
}

import ArgonneModels
import PJRT
import SPMD
import StableHLO
import Synchronization

/// The compiled programs that read tokens into a cache of some shape: a step, which reads the next token of every row, and passes that
/// read a piece of a prompt into one row. Each is compiled when it is first needed.
///
/// Their parameters are the model's weights, keys and values of each block, and int32 numbers; their results are keys and values, in place
/// of those that went in, then the scores after the last token and the token with the greatest.
final class DecodingPrograms: Sendable {
    let plan: InferencePlan
    /// Rows over all devices; each device along the data axis holds an equal share.
    let rows: Int
    /// Tokens that a row has room for.
    let slots: Int
    private let compiled = Mutex<[Int: Program]>([:])

    /// What a number of slots is a multiple of, and the length of the pieces in which prompts are read; a long prompt begins with longer pieces,
    /// and what is left takes the shortest that holds it. So no piece, filled up to its length, reaches past the last slot.
    static let slotUnit = 128
    private static let longestPiece = 512
    private static let lastPieces = [16, 32, 64, slotUnit]

    init(_ plan: InferencePlan, rows: Int, slots: Int) {
        let devices = plan.runtime.mesh.size(.data)
        self.plan = plan
        self.rows = (rows + devices - 1) / devices * devices
        self.slots = (slots + Self.slotUnit - 1) / Self.slotUnit * Self.slotUnit
    }

    /// Rows of the devices that share a place along the data axis.
    var localRows: Int { rows / plan.runtime.mesh.size(.data) }

    private var blocks: Int { plan.model.layerCount }

    /// Compiles what reads texts of these lengths and what steps, so that none of it is waited for later.
    func compile(lengths: some Sequence<Int>) throws {
        for count in Set(lengths) {
            for start in Self.pieces(of: count) { _ = try piece(start.length) }
        }
        _ = try step()
    }

    /// The pieces in which so many tokens are read.
    static func pieces(of count: Int) -> [(start: Int, length: Int)] {
        var pieces: [(start: Int, length: Int)] = []
        var start = 0
        while start < count {
            let left = count - start
            let length = left >= longestPiece ? longestPiece : lastPieces.first { $0 >= left } ?? slotUnit
            pieces.append((start, length))
            start += length
        }
        return pieces
    }

    /// Reads the next token of every row. Its numbers are [2, rows]: tokens, and how many each row holds already.
    func step() throws -> Program {
        try program(0) { graph, cache in
            let numbers = graph.parameter("numbers", [2, localRows], .i32)
            let parts = numbers.split(0, into: 2)
            return (parts[0].reshaped([localRows, 1]), cache(parts[1].reshaped([localRows]), nil), graph.constant(0, .i32))
        }
    }

    /// Reads up to `length` tokens into one row of each device along the data axis. Its numbers are [devices, 3 + length]: the row, how many
    /// tokens it holds, how many of the following count, and the tokens. Where none counts, nothing is written.
    func piece(_ length: Int) throws -> Program {
        try program(length) { graph, cache in
            let numbers = graph.parameter("numbers", [1, 3 + length], .i32)
            let scalar = { (index: Int) in numbers.sliced(1, index..<(index + 1)) }
            let count = scalar(2).reshaped([])
            let isWritten = plan.runtime.mesh.size(.data) > 1 ? count .> graph.constant(0, .i32) : nil
            let row = KeyValueCache.Row(scalar(0).reshaped([]), isWritten: isWritten)
            return (numbers.sliced(1, 3..<(3 + length)), cache(scalar(1).reshaped([1]), row), count - 1)
        }
    }

    /// An empty cache: keys of each block, then values.
    func emptyCache() throws -> [ShardedArray] {
        let graph = Graph()
        let results = localCacheShapes.map { (value: graph.constant(0, plan.compute, shape: $0), sharding: Self.cacheSharding) }
        return try plan.runtime.compile(graph, results: results, name: "empty_cache")([])
    }

    /// One device's part of keys [rows · heads, size of a head, slots] and values [rows · heads, slots, size of a head] of all blocks.
    private var localCacheShapes: [[Int]] {
        let (heads, size) = plan.model.keyValueShape
        let parts = localRows * heads / plan.runtime.mesh.size(.tensor)
        return Array(repeating: [parts, size, slots], count: blocks) + Array(repeating: [parts, slots, size], count: blocks)
    }
    /// Heads are dealt out along the tensor axis too, within each row; but no cache is ever looked at as a whole.
    private static let cacheSharding = Sharding.split(0, .data)

    /// What reads some tokens: given a graph and a way to make its cache, the tokens, the cache, and which token's scores are wanted.
    private typealias Reading = (Graph, (Value, KeyValueCache.Row?) -> KeyValueCache) -> (tokens: Value, cache: KeyValueCache, last: Value)

    private func program(_ key: Int, _ reading: Reading) throws -> Program {
        if let program = compiled.withLock({ $0[key] }) { return program }
        let (model, runtime) = (plan.model, plan.runtime)
        let graph = Graph()
        let weights = try plan.parameters(of: graph)
        let first = plan.parameterCount
        let stores = localCacheShapes.map { graph.parameter("cache", $0, plan.compute) }
        let (tokens, cache, last) = reading(graph) {
            KeyValueCache(keys: Array(stores.prefix(blocks)), values: Array(stores.suffix(blocks)), lengths: $0, row: $1)
        }

        let hidden = model.hidden(tokens, weights, ForwardContext(mesh: runtime.mesh, compute: plan.compute, cache: cache))
        let zero = graph.constant(0, .i32)
        let end = hidden.sliced(at: [zero, last, zero], sizes: [hidden.shape[0], 1, hidden.shape[2]])
        let scores = model.logits(end, weights).reshaped([hidden.shape[0], model.vocabularySize])

        let dealt = Sharding.split(0, .data)
        let results =
            (cache.keys + cache.values).map { (value: $0, sharding: Self.cacheSharding) } + [(scores, dealt), (scores.argmax(), dealt)]
        let donated = Dictionary(uniqueKeysWithValues: (0..<(2 * blocks)).map { (first + $0, $0) })
        let program = try runtime.compile(graph, results: results, donated: donated, name: key == 0 ? "decode" : "read_\(key)")
        return compiled.withLock { known in
            known[key] = known[key] ?? program
            return known[key] ?? program
        }
    }
}

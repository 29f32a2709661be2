import ArgonneModels
import ArgonneWeights
import PJRT
import SPMD
import StableHLO
import TestSupport
import Testing

/// Reading piece by piece into a cache gives the logits of one pass over everything.
struct KeyValueCacheTests {
    /// A program that reads the next `count` tokens of two rows, or of one; its results are the cache and the logits.
    private static func program(_ golden: GoldenModel, count: Int, slots: Int, ofOneRow: Bool, _ runtime: Runtime) throws -> Program {
        let model = try golden.model()
        let graph = Graph()
        let weights = model.weights.map { weight in
            (0..<(weight.blocks ?? 1)).map { graph.parameter(weight.name(inBlock: $0), weight.shape, .f32) }
        }
        let (heads, size) = model.keyValueShape
        let blocks = 0..<model.layerCount
        let keys = blocks.map { graph.parameter("keys \($0)", [2 * heads, size, slots], .f32) }
        let values = blocks.map { graph.parameter("values \($0)", [2 * heads, slots, size], .f32) }
        let rows = ofOneRow ? 1 : 2
        let tokens = graph.parameter("tokens", [rows, count], .i32)
        let lengths = graph.parameter("lengths", [rows], .i32)
        let row = graph.parameter("row", [], .i32)
        let cache = KeyValueCache(keys: keys, values: values, lengths: lengths, row: ofOneRow ? .init(row) : nil)
        let named = ModelWeights(separate: weights, model.weights)
        let hidden = model.hidden(tokens, named, ForwardContext(cache: cache))
        let results = cache.keys + cache.values + [model.logits(hidden, named)]
        return try runtime.compile(graph, results: results.map { ($0, .replicated) })
    }

    @Test(arguments: [GoldenModel.llama3, .qwen3, .gpt])
    func piecesGiveTheLogitsOfTheWhole(_ golden: GoldenModel) throws {
        let runtime = try Runtime(client: TestClient.shared, mesh: Mesh())
        let model = try golden.model()
        let reader = try SafetensorsReader(path: golden.directory)
        let weights = try model.weights.flatMap { weight in
            try (0..<(weight.blocks ?? 1)).map { block in
                try runtime.array(reader.tensor(weight.name(inBlock: block)).elements(as: Float.self), shape: weight.shape)
            }
        }
        let expected = try golden.expected()
        let tokens = try expected.tensor("tokens").elements(as: Int32.self)
        let wanted = try expected.tensor("logits").elements(as: Float.self)
        let (T, V, slots) = (24, model.vocabularySize, 32)
        func wantedLogits(_ row: Int, _ positions: Range<Int>) -> [Float] {
            Array(wanted[((row * T + positions.lowerBound) * V)..<((row * T + positions.upperBound) * V)])
        }

        let (heads, size) = model.keyValueShape
        // What an earlier text left behind must not matter.
        let garbage = Array(repeating: Float(7), count: 2 * heads * size * slots)
        var cache = try (0..<(2 * model.layerCount)).map { index in
            try runtime.array(garbage, shape: index < model.layerCount ? [2 * heads, size, slots] : [2 * heads, slots, size])
        }
        func run(_ program: Program, _ tokens: [Int32], _ shape: [Int], lengths: [Int32], row: Int32) throws -> [Float] {
            let inputs = try [
                runtime.array(tokens, shape: shape), runtime.array(lengths, shape: [shape[0]]), runtime.array([row], shape: []),
            ]
            let results = try program(weights + cache + inputs)
            cache = Array(results.dropLast())
            return try results[cache.count].values()
        }

        // Row 0 gets 8 and then 8 tokens, row 1 gets 8: from there on they step side by side at different positions.
        let piece = try Self.program(golden, count: 8, slots: slots, ofOneRow: true, runtime)
        for (row, start) in [(1, 0), (0, 0), (0, 8)] {
            let text = Array(tokens[(row * T + start)..<(row * T + start + 8)])
            let logits = try run(piece, text, [1, 8], lengths: [Int32(start)], row: Int32(row))
            #expect(greatestDifference(logits, wantedLogits(row, start..<(start + 8))) <= 1e-4)
        }
        let step = try Self.program(golden, count: 1, slots: slots, ofOneRow: false, runtime)
        for number in 0..<8 {
            let places = [16 + number, 8 + number]
            let next = places.enumerated().map { tokens[$0.offset * T + $0.element] }
            let logits = try run(step, next, [2, 1], lengths: places.map(Int32.init), row: 0)
            #expect(
                greatestDifference(logits, wantedLogits(0, places[0]..<(places[0] + 1)) + wantedLogits(1, places[1]..<(places[1] + 1)))
                    <= 1e-4)
        }
    }
}

import ArgonneInference
import ArgonneModels
import ArgonneTokenizer
import PJRT
import SPMD
import TestSupport
import Testing

/// Texts that come and go while others are written get what they would get alone.
struct ContinuousBatchTests {
    private static func model(mesh: Mesh = Mesh()) throws -> LoadedModel {
        try LoadedModel(directory: GoldenModel.llama.directory, compute: .f32, on: Runtime(client: TestClient.shared, mesh: mesh))
    }

    /// Writes all texts, and begins with another one after every second step. Gives their pieces, joined, and ends.
    private func write(
        _ prompts: [[Int32]], _ options: GenerationOptions, in batch: ContinuousBatch
    ) throws -> [(text: String, tokens: Int, end: Generation.End?)] {
        var texts = Array(repeating: (text: "", tokens: 0, end: Generation.End?.none), count: prompts.count)
        var rows: [Int: Int] = [:]
        func take(_ piece: ContinuousBatch.Piece) throws {
            let index = try #require(rows[piece.row])
            #expect(texts[index].end == nil)
            texts[index] = (texts[index].text + piece.text, piece.tokens, piece.end)
        }
        var (next, turn) = (0, 0)
        while texts.contains(where: { $0.end == nil }) {
            if turn.isMultiple(of: 2), next < prompts.count, let row = batch.freeRow {
                rows[row] = next
                if let piece = try batch.start(prompts[next], options, row: row) { try take(piece) }
                next += 1
            }
            for piece in try batch.step() { try take(piece) }
            turn += 1
        }
        return texts
    }

    @Test(arguments: [Mesh(), Mesh(data: 2)])
    func textsAreThoseOfTheGenerator(mesh: Mesh) throws {
        let model = try Self.model(mesh: mesh)
        let prompts = try GoldenModel.llama.continuations().map(\.prompt)
        let options = GenerationOptions(maxNewTokens: 9, stopTokens: [257])
        let expected = try Generator(model, tokenizer: .bytes).generate(prompts, options).results
        let batch = try ContinuousBatch(model, tokenizer: .bytes, rows: 2)
        #expect(batch.rowCount == 2)
        for _ in 0..<2 {
            let found = try write(prompts + prompts, options, in: batch)
            #expect(found.map(\.text) == (expected + expected).map(\.text))
            #expect(found.map(\.tokens) == (expected + expected).map(\.tokens.count))
            #expect(found.map(\.end) == (expected + expected).map { $0.end })
            try batch.clear()
        }
    }

    @Test func aTextEndsWithTheContextAndMayBeGivenUp() throws {
        let batch = try ContinuousBatch(Self.model(), tokenizer: .bytes, rows: 1)
        let prompt = (0..<50).map { Int32(($0 * 37) % 256) }
        let options = GenerationOptions(maxNewTokens: 100)
        let whole = try write([prompt], options, in: batch)
        #expect(whole[0].tokens == 14 && whole[0].end == .length)
        #expect(throws: InferenceError.self) { try batch.start(prompt + prompt, options, row: 0) }

        _ = try batch.start([1, 2, 3], options, row: 0)
        #expect(batch.freeRow == nil)
        batch.remove(0)
        #expect(try batch.step().isEmpty)
        #expect(try write([prompt], options, in: batch)[0].text == whole[0].text)
    }
}

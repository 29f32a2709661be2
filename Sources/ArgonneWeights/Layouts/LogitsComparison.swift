import ArgonneModels
import PJRT
import SPMD
import StableHLO

/// How far the logits of two models for the same tokens are apart.
public struct LogitsComparison: Sendable {
    /// The root of the mean square of the difference, over the standard deviation of the first model's logits.
    public let relativeError: Double
    /// The greatest difference.
    public let greatestDifference: Double

    /// What a relative error may be where weights were rounded to a type, float32 being exact.
    ///
    /// Rounding changes a weight of k bits by about 2^-k/3 of itself, and the logits of a deep model by several times that.
    public static func tolerance(for type: ElementType) -> Double {
        switch type {
        case .bf16: 0.05
        case .f16: 0.01
        default: 1e-5
        }
    }

    /// Computes both models' logits, one model after the other, for a fixed sequence of tokens.
    public init(of first: StoredModel, and second: StoredModel, on runtime: Runtime) throws {
        let count = min(32, first.model.contextLength)
        let tokens = (0..<count).map { Int32(truncatingIfNeeded: ($0 * 7919 + 17) % first.model.vocabularySize) }
        let logits = try first.logits(for: tokens, on: runtime)
        self.init(of: logits, and: try second.logits(for: tokens, on: runtime))
    }

    /// Compares logits that are computed.
    public init(of first: [Float], and second: [Float]) {
        let count = Double(max(first.count, 1))
        let mean = first.reduce(0) { $0 + Double($1) } / count
        let variance = first.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        let differences = zip(first, second).map { Double($0) - Double($1) }
        let error = (differences.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
        relativeError = first.count != second.count || !error.isFinite ? .infinity : error == 0 ? 0 : error / variance.squareRoot()
        greatestDifference = differences.lazy.map(abs).max() ?? 0
    }
}

extension StoredModel {
    /// The logits [T, V] of a sequence of tokens, computed in float32.
    public func logits(for tokens: [Int32], on runtime: Runtime) throws -> [Float] {
        let graph = Graph()
        var inputs: [ShardedArray] = []
        var values: [[Value]] = []
        for weight in model.weights {
            let local = try weight.sharding.localShape(of: weight.shape, on: runtime.mesh, named: weight.name)
            values.append([])
            for block in 0..<(weight.blocks ?? 1) {
                let name = weight.name(inBlock: block)
                values[values.count - 1].append(graph.parameter(name, local, .f32))
                inputs.append(try array(weight, named: name, on: runtime))
            }
        }
        let sequence = graph.parameter("tokens", [1, tokens.count], .i32)
        inputs.append(try runtime.array(tokens, shape: [1, tokens.count]))

        let weights = ModelWeights(separate: values, model.weights)
        let hidden = model.hidden(sequence, weights, ForwardContext(mesh: runtime.mesh))
        let logits = einsum("btd,vd->btv", hidden, weights.outer[model.headName])
        let program = try runtime.compile(graph, results: [(logits, .replicated)], name: "logits")
        return try program(inputs)[0].values()
    }

    private func array(_ weight: WeightSpecification, named name: String, on runtime: Runtime) throws -> ShardedArray {
        let type = TensorType(weight.shape, .f32)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: type.byteCount, alignment: 64)
        defer { memory.deallocate() }
        var end = 0
        try elements(of: name, as: .f32) { piece in
            UnsafeMutableRawBufferPointer(rebasing: memory[end..<(end + piece.count)]).copyMemory(from: piece)
            end += piece.count
        }
        return try runtime.array(from: UnsafeRawBufferPointer(memory), type: type, sharding: weight.sharding)
    }
}

import ArgonneModels
import PJRT
import SPMD
import StableHLO

/// Computes the logits of stored models of one shape, in float32.
public struct LogitsProgram {
    private let model: any LanguageModel
    private let runtime: Runtime
    private let program: Program

    /// Compiles the program for sequences of a length in tokens.
    public init(_ model: any LanguageModel, length: Int, on runtime: Runtime) throws {
        let graph = Graph()
        let values = try model.weights.map { weight in
            let local = try weight.sharding.localShape(of: weight.shape, on: runtime.mesh, named: weight.name)
            return (0..<(weight.blocks ?? 1)).map { graph.parameter(weight.name(inBlock: $0), local, .f32) }
        }
        let tokens = graph.parameter("tokens", [1, length], .i32)
        let weights = ModelWeights(separate: values, model.weights)
        let hidden = model.hidden(tokens, weights, ForwardContext(mesh: runtime.mesh))
        let logits = einsum("btd,vd->btv", hidden, weights.outer[model.headName])
        self.model = model
        self.runtime = runtime
        program = try runtime.compile(graph, results: [(logits, .replicated)], name: "logits")
    }

    /// The logits [T, V] of a sequence of the program's length.
    public func logits(of stored: StoredModel, for tokens: [Int32]) throws -> [Float] {
        let arrays = try model.weights.flatMap { weight in
            try (0..<(weight.blocks ?? 1)).map { try array(weight, named: weight.name(inBlock: $0), of: stored) }
        }
        return try program(arrays + [runtime.array(tokens, shape: [1, tokens.count])])[0].values()
    }

    private func array(_ weight: WeightSpecification, named name: String, of stored: StoredModel) throws -> ShardedArray {
        let type = TensorType(weight.shape, .f32)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: type.byteCount, alignment: 64)
        defer { memory.deallocate() }
        var end = 0
        try stored.elements(of: name, as: .f32) { piece in
            UnsafeMutableRawBufferPointer(rebasing: memory[end..<(end + piece.count)]).copyMemory(from: piece)
            end += piece.count
        }
        return try runtime.array(from: UnsafeRawBufferPointer(memory), type: type, sharding: weight.sharding)
    }
}

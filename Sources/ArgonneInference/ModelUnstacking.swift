import ArgonneModels
import PJRT
import SPMD
import StableHLO

/// Takes a model's weights as training holds them, stacked over blocks, for inference in between. It compiles one small program, once.
public struct ModelUnstacking: Sendable {
    private let plan: InferencePlan
    private let program: Program

    /// - Parameters:
    ///   - specifications: the weights as training lays them out; rows of a vocabulary may be dealt out and padded.
    ///   - compute: the element type of the weights and activations in inference.
    public init(
        _ model: any LanguageModel, _ specifications: [WeightSpecification], compute: ElementType, on runtime: Runtime
    ) throws {
        plan = try InferencePlan(model, compute: compute, on: runtime)
        let mesh = runtime.mesh
        let graph = Graph()
        var results: [(value: Value, sharding: Sharding)] = []
        for (stacked, separate) in zip(specifications, model.weights) {
            let shape = try stacked.stackedSharding.localShape(of: stacked.stackedShape, on: mesh, named: stacked.name)
            let value = graph.parameter(stacked.name, shape, .f32)
            for block in 0..<(separate.blocks ?? 1) {
                var part = value
                if separate.blocks != nil {
                    part = value.sliced(0, block..<(block + 1)).reshaped(Array(shape.dropFirst()))
                } else if stacked.sharding != separate.sharding {
                    part = value.allGathered(0, over: mesh.groups(along: .tensor)).sliced(0, 0..<separate.shape[0])
                }
                results.append((part.converted(to: compute), separate.sharding))
            }
        }
        program = try runtime.compile(graph, results: results, name: "unstack")
    }

    /// The model with copies of these weights, which stay as they are.
    public func callAsFunction(_ weights: [ShardedArray]) throws -> LoadedModel {
        let parts = try program(weights)
        var rest = parts[...]
        let separate = plan.model.weights.map { specification in
            let count = specification.blocks ?? 1
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        return LoadedModel(plan, separate)
    }
}

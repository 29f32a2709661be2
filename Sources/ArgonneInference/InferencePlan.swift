import ArgonneModels
import PJRT
import SPMD
import StableHLO

/// A model laid out on the devices for inference, without its weights: what programs are made from.
struct InferencePlan: Sendable {
    let model: any LanguageModel
    /// The element type of weights, activations and the operands of matrix products.
    let compute: ElementType
    let runtime: Runtime

    /// - Throws: `InferenceError` for an element type that activations cannot have, `ModelError` where the model does not divide on the mesh.
    init(_ model: any LanguageModel, compute: ElementType, on runtime: Runtime) throws {
        guard [.f32, .bf16, .f16].contains(compute) else { throw InferenceError.unsupportedPrecision(compute.rawValue) }
        try model.validate(on: runtime.mesh)
        self.model = model
        self.compute = compute
        self.runtime = runtime
    }

    /// The weights as a program's first parameters, those of blocks block by block.
    func parameters(of graph: Graph) throws -> ModelWeights {
        let values = try model.weights.map { weight in
            let shape = try weight.sharding.localShape(of: weight.shape, on: runtime.mesh, named: weight.name)
            return (0..<(weight.blocks ?? 1)).map { graph.parameter(weight.name(inBlock: $0), shape, compute) }
        }
        return ModelWeights(separate: values, model.weights)
    }

    /// How many parameters the weights are.
    var parameterCount: Int { model.weights.reduce(0) { $0 + ($1.blocks ?? 1) } }
}

import ArgonneModels
import PJRT
import SPMD
import StableHLO

/// What a step changes: the weights in float32, the optimizer's two means of each, and the number of steps taken. It lies on the devices.
public struct TrainingState: Sendable {
    /// One tensor for each specification of the model, stacked over blocks.
    public var weights: [ShardedArray]
    /// Means of gradients.
    public var means: [ShardedArray]
    /// Means of squared gradients.
    public var squares: [ShardedArray]
    /// Steps taken, int32 scalar.
    public var step: ShardedArray

    /// All tensors in the order of a program's parameters.
    var all: [ShardedArray] { weights + means + squares + [step] }

    init(weights: [ShardedArray], means: [ShardedArray], squares: [ShardedArray], step: ShardedArray) {
        self.weights = weights
        self.means = means
        self.squares = squares
        self.step = step
    }

    /// The tensors in the order of a program's parameters.
    init(_ all: [ShardedArray]) {
        let count = (all.count - 1) / 3
        weights = Array(all[..<count])
        means = Array(all[count..<(2 * count)])
        squares = Array(all[(2 * count)..<(3 * count)])
        step = all[3 * count]
    }

    /// A start from a seed. A weight's numbers depend on the seed, its name's place and their index in the global tensor: they are the same
    /// on any mesh.
    public static func initial(_ plan: ModelPlan, seed: UInt64, on runtime: Runtime) throws -> TrainingState {
        let graph = Graph()
        let high = graph.parameter("seed high", [], .u32)
        let low = graph.parameter("seed low", [], .u32)
        var weights: [Value] = []
        for (number, weight) in plan.weights.enumerated() {
            weights.append(try plan.initialValue(of: weight, number: number, seed: (high, low), in: graph))
        }
        let zeros = weights.map { $0 * 0 }
        let results =
            zip(weights + zeros + zeros, plan.weights + plan.weights + plan.weights).map { (value: $0, sharding: $1.stackedSharding) }
            + [(value: graph.constant(0, .i32), sharding: .replicated)]
        let program = try runtime.compile(graph, results: results, name: "initialize")
        return TrainingState(
            try program([
                runtime.array([UInt32(truncatingIfNeeded: seed >> 32)], shape: []),
                runtime.array([UInt32(truncatingIfNeeded: seed)], shape: []),
            ]))
    }
}

extension ModelPlan {
    /// A weight's start: this device's part.
    fileprivate func initialValue(
        of weight: WeightSpecification, number: Int, seed: (Value, Value), in graph: Graph
    ) throws -> Value {
        let shape = weight.stackedShape
        let local = try weight.stackedSharding.localShape(of: shape, on: mesh, named: weight.name)
        switch weight.initialization {
        case .constant(let constant):
            return graph.constant(constant, .f32, shape: local)
        case .normal(let deviation):
            // The index counts within one block's tensor, so that it fits 32 bits; the block's number goes into the key.
            let firstOfBlock = weight.blocks == nil ? 0 : 1
            var index = graph.constant(0, .u32, shape: local)
            var stride = 1
            for dimension in (firstOfBlock..<shape.count).reversed() {
                var place = graph.iota(local, along: dimension, .u32)
                if let axis = weight.stackedSharding.axis(of: dimension) {
                    place = place + mesh.coordinate(along: axis, in: graph).converted(to: .u32) * Double(local[dimension])
                }
                index = index + place * Double(stride)
                stride *= shape[dimension]
            }
            let block = firstOfBlock == 1 ? graph.iota(local, along: 0, .u32) : graph.constant(0, .u32, shape: local)
            let key = RandomKey(seed.1, seed.0 + block + Double(number << 16))
            return key.normal(index) * deviation
        }
    }
}

import PJRT
import SPMD
import StableHLO

/// What a weight of a model is before it has values: its published name, shape, place on the mesh and start.
public struct WeightSpecification: Sendable, Hashable {
    /// How a weight begins.
    public enum Initialization: Sendable, Hashable {
        /// Numbers of a normal distribution with mean 0.
        case normal(standardDeviation: Double)
        /// All the same number.
        case constant(Double)
    }

    /// The name in a Hugging Face checkpoint. `*` stands for the number of the block, where every block has such a weight.
    public let name: String
    /// The shape of one block's weight, or of the weight itself.
    public let shape: [Int]
    /// How one block's weight is divided among devices.
    public let sharding: Sharding
    /// How it begins.
    public let initialization: Initialization
    /// Whether weight decay applies: to matrices, not to scales and biases.
    public let decays: Bool
    /// Number of blocks that have this weight; nil for a weight outside the blocks.
    public let blocks: Int?
    /// Rows of zeros after the weight's own, so that they divide among devices. Checkpoints do not hold them.
    public private(set) var padding = 0

    /// A weight outside the blocks, or of each of `blocks` blocks.
    public init(
        _ name: String, _ shape: [Int], _ initialization: Initialization, sharding: Sharding = .replicated, decays: Bool, blocks: Int? = nil
    ) {
        self.name = name
        self.shape = shape
        self.initialization = initialization
        self.sharding = sharding
        self.decays = decays
        self.blocks = blocks
    }

    /// Number of parameters, over all blocks.
    public var parameterCount: Int { shape.reduce(blocks ?? 1, *) }

    /// The name of one block's weight.
    public func name(inBlock block: Int) -> String { name.replacing("*", with: "\(block)") }

    /// The shape of all blocks' weights stacked, or of the weight itself with its padding.
    public var stackedShape: [Int] { blocks.map { [$0] + shape } ?? [shape[0] + padding] + shape.dropFirst() }

    /// The same weight outside the blocks with its rows dealt out along an axis of `parts` devices.
    public func dealingRows(along axis: MeshAxis, parts: Int) -> WeightSpecification {
        var dealt = WeightSpecification(name, shape, initialization, sharding: .split(0, axis), decays: decays)
        dealt.padding = (parts - shape[0] % parts) % parts
        return dealt
    }

    /// How the stack is divided among devices.
    public var stackedSharding: Sharding { blocks == nil ? sharding : sharding.stacked }

    /// The weight's name within its block: what comes after `*.`, without the final `.weight`.
    var nameInBlock: String {
        let tail = name.split(separator: "*.", maxSplits: 1).last.map(String.init) ?? name
        return tail.hasSuffix(".weight") ? String(tail.dropLast(7)) : tail
    }
}

/// The weights of a model within a program: by name, for the whole model or for one block.
public struct Weights {
    private let values: [String: Value]

    /// Weights by name, as `WeightSpecification` shortens it: `self_attn.q_proj` within a block, `model.norm` outside.
    public init(_ values: [String: Value]) { self.values = values }

    /// The weight of a name. A name that the model does not declare is a mistake in the model's own file.
    public subscript(_ name: String) -> Value {
        guard let value = values[name] else {
            preconditionFailure("no weight is called \(name); there are \(values.keys.sorted().joined(separator: ", "))")
        }
        return value
    }
}

/// The weights of a model within a program, as it holds them.
public struct ModelWeights {
    /// Weights outside the blocks.
    public let outer: Weights
    /// Weights of the blocks, stacked over them, in a fixed order; or one set a block.
    let blocks: Blocks

    enum Blocks {
        case stacked(names: [String], values: [Value])
        case separate([Weights])
    }

    /// Weights in the order of the specifications, each stacked over the blocks.
    public init(stacked values: [Value], _ specifications: [WeightSpecification]) {
        let pairs = Array(zip(specifications, values))
        outer = Self.outer(pairs)
        let inner = pairs.filter { $0.0.blocks != nil }
        blocks = .stacked(names: inner.map(\.0.nameInBlock), values: inner.map(\.1))
    }

    /// Weights in the order of the specifications, those of blocks given block by block.
    public init(separate values: [[Value]], _ specifications: [WeightSpecification]) {
        let pairs = Array(zip(specifications, values))
        outer = Self.outer(pairs.map { ($0, $1[0]) })
        let inner = pairs.filter { $0.0.blocks != nil }
        let count = inner.first?.1.count ?? 0
        blocks = .separate(
            (0..<count).map { block in
                Weights(Dictionary(uniqueKeysWithValues: inner.map { ($0.0.nameInBlock, $0.1[block]) }))
            })
    }

    private static func outer(_ pairs: [(WeightSpecification, Value)]) -> Weights {
        Weights(Dictionary(uniqueKeysWithValues: pairs.filter { $0.0.blocks == nil }.map { ($0.0.nameInBlock, $0.1) }))
    }

    /// Sends a value through the blocks in order. Stacked weights become one loop in the program, separate ones are written out.
    func throughBlocks(_ x: Value, _ recomputation: Recomputation, _ block: (BlockNumber, Weights, Value) -> Value) -> Value {
        switch blocks {
        case .stacked(let names, let values):
            let numbers = x.graph.iota([values[0].shape[0]], .u32)
            return x.scanned(over: [numbers] + values, recomputation) { x, rows in
                block(.inProgram(rows[0]), Weights(Dictionary(uniqueKeysWithValues: zip(names, rows.dropFirst()))), x)
            }
        case .separate(let all):
            return all.enumerated().reduce(x) { x, entry in
                recomputation == .none
                    ? block(.known(entry.offset), entry.element, x)
                    : x.checkpointed(recomputation) { block(.known(entry.offset), entry.element, $0) }
            }
        }
    }
}

/// Which block is being built: known where blocks are written out one by one, a value of the program within a loop.
enum BlockNumber {
    case known(Int)
    case inProgram(Value)

    /// The number as a uint32 scalar of the program.
    func value(in graph: Graph) -> Value {
        switch self {
        case .known(let number): graph.constant(Double(number), .u32)
        case .inProgram(let value): value
        }
    }
}

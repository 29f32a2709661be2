import PJRT

/// Which devices talk to each other: each device is in exactly one group. StableHLO knows devices by their replica number.
public struct ReplicaGroups: Hashable, Sendable {
    /// Replica numbers of each group, in the order in which the group's data is laid out. All groups have the same size.
    public let groups: [[Int]]
    /// Devices in a group.
    public var size: Int { groups.first?.count ?? 1 }

    /// Groups of replica numbers, all of the same size.
    public init(_ groups: [[Int]]) { self.groups = groups }

    var attribute: String { "replica_groups = dense<\(groups)> : tensor<\(groups.count)x\(size)xi64>" }
}

/// A sum (or maximum) over the devices of a group.
///
/// The sum of what differs between devices is the same on all: the cotangent that reaches each device's part is the result's own.
/// (The other direction, the same value used differently on each device, is `FanOut`. Together they are the f and g of Megatron-LM,
/// arXiv:1909.08053, section 3.)
struct AllReduce: Operation {
    let reducer: Reduce.Reducer
    let groups: ReplicaGroups
    var name: String { "all_reduce" }
    var cost: OperationCost { .product }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { [operands[0]] }
    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        writer.emit(
            "stablehlo.all_reduce", operands, attributes: groups.attribute,
            region: .combining(with: reducer.rawValue, TensorType([], node.types[0].element)), node)
    }
    func pullback(_ c: Pullback) -> [Value?] { [reducer == .add ? c.cotangent : nil] }
}

/// Nothing going forward; a sum over the group's devices going back.
struct FanOut: Operation {
    let groups: ReplicaGroups
    var name: String { "fan_out" }
    var cost: OperationCost { .view }
    var isAlias: Bool { true }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { [operands[0]] }
    func pullback(_ c: Pullback) -> [Value?] { [c.cotangent.allReduced(over: groups)] }
}

/// The parts of all devices of a group, joined along a dimension.
struct AllGather: Operation {
    let dimension: Int
    let groups: ReplicaGroups
    var name: String { "all_gather" }
    var cost: OperationCost { .product }
    var attributes: String { "all_gather_dim = \(dimension) : i64, \(groups.attribute)" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        var result = operands[0]
        guard result.shape.indices.contains(dimension) else { throw ShapeError("\(result) has no dimension \(dimension)") }
        result.shape[dimension] *= groups.size
        return [result]
    }
    func pullback(_ c: Pullback) -> [Value?] { [c.cotangent.reduceScattered(dimension, over: groups)] }
}

/// The sum over a group's devices, of which each keeps its own part along a dimension.
struct ReduceScatter: Operation {
    let dimension: Int
    let groups: ReplicaGroups
    var name: String { "reduce_scatter" }
    var cost: OperationCost { .product }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        var result = operands[0]
        guard result.shape.indices.contains(dimension), result.shape[dimension] % groups.size == 0 else {
            throw ShapeError("dimension \(dimension) of \(result) does not divide by \(groups.size) devices")
        }
        result.shape[dimension] /= groups.size
        return [result]
    }
    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        writer.emit(
            "stablehlo.reduce_scatter", operands, attributes: "scatter_dimension = \(dimension) : i64, \(groups.attribute)",
            region: .combining(with: "add", TensorType([], node.types[0].element)), node)
    }
    func pullback(_ c: Pullback) -> [Value?] { [c.cotangent.allGathered(dimension, over: groups)] }
}

/// Each device sends its value to one other; a device that nobody sends to gets zeros.
struct CollectivePermute: Operation {
    let pairs: [[Int]]
    var name: String { "collective_permute" }
    var cost: OperationCost { .product }
    var attributes: String { "source_target_pairs = dense<\(pairs)> : tensor<\(pairs.count)x2xi64>" }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { [operands[0]] }
    func pullback(_ c: Pullback) -> [Value?] { [c.cotangent.permuted(pairs: pairs.map { [$0[1], $0[0]] })] }
}

/// Cuts one dimension into a part for each device of the group and joins the parts received along another.
struct AllToAll: Operation {
    let split: Int
    let join: Int
    let groups: ReplicaGroups
    var name: String { "all_to_all" }
    var cost: OperationCost { .product }
    var attributes: String {
        "split_dimension = \(split) : i64, concat_dimension = \(join) : i64, split_count = \(groups.size) : i64, \(groups.attribute)"
    }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        var result = operands[0]
        guard result.shape.indices.contains(split), result.shape.indices.contains(join), result.shape[split] % groups.size == 0 else {
            throw ShapeError("dimension \(split) of \(result) does not divide by \(groups.size) devices")
        }
        result.shape[split] /= groups.size
        result.shape[join] *= groups.size
        return [result]
    }
    func pullback(_ c: Pullback) -> [Value?] { [c.cotangent.allToAll(split: join, join: split, over: groups)] }
}

/// The number of the device that runs the program.
struct ReplicaID: Operation {
    var name: String { "replica_id" }
    var cost: OperationCost { .view }
    func resultTypes(_ operands: [TensorType]) -> [TensorType] { [TensorType([], .u32)] }
    func pullback(_ c: Pullback) -> [Value?] { [] }
}

extension Value {
    /// The sum over the devices of each group of what each of them has. Backward, each device's part gets the result's cotangent.
    public func allReduced(over groups: ReplicaGroups) -> Value {
        groups.size == 1 ? self : Value.add(AllReduce(reducer: .add, groups: groups), [self])[0]
    }

    /// The maximum over the devices of each group; it has no gradient.
    public func allMaximum(over groups: ReplicaGroups) -> Value {
        groups.size == 1 ? self : Value.add(AllReduce(reducer: .maximum, groups: groups), [self])[0]
    }

    /// Marks a value that is the same on the devices of a group and from here on is used differently by each. Nothing happens forward;
    /// backward, the devices' cotangents are summed.
    public func fannedOut(over groups: ReplicaGroups) -> Value {
        groups.size == 1 ? self : Value.add(FanOut(groups: groups), [self])[0]
    }

    /// The parts of a group's devices joined along a dimension, to be used differently by each device from here on, as after `fannedOut`:
    /// the transpose is `reduceScattered`, which sums the devices' cotangents.
    public func allGathered(_ dimension: Int, over groups: ReplicaGroups, _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        groups.size == 1 ? self : Value.add(AllGather(dimension: dimension, groups: groups), [self], file, line)[0]
    }

    /// The sum over a group's devices, each keeping its part along a dimension. The transpose is `allGathered`.
    public func reduceScattered(_ dimension: Int, over groups: ReplicaGroups, _ file: StaticString = #fileID, _ line: UInt = #line) -> Value
    {
        groups.size == 1 ? self : Value.add(ReduceScatter(dimension: dimension, groups: groups), [self], file, line)[0]
    }

    /// Sends this value along pairs [from, to] of replica numbers; a device that nobody sends to gets zeros.
    public func permuted(pairs: [[Int]], _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        Value.add(CollectivePermute(pairs: pairs), [self], file, line)[0]
    }

    /// Cuts dimension `split` into a part for each device of the group and joins what is received along `join`.
    public func allToAll(
        split: Int, join: Int, over groups: ReplicaGroups, _ file: StaticString = #fileID, _ line: UInt = #line
    ) -> Value {
        groups.size == 1 ? self : Value.add(AllToAll(split: split, join: join, groups: groups), [self], file, line)[0]
    }
}

extension Graph {
    /// The replica number of the device that runs the program, uint32.
    public var replicaID: Value { add(ReplicaID(), [])[0] }
}

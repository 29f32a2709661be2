import PJRT

/// A sum, maximum or minimum over dimensions.
struct Reduce: Operation {
    enum Reducer: String { case add, maximum, minimum }
    let reducer: Reducer
    let dimensions: [Int]
    var name: String { "reduce" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let x = operands[0]
        guard dimensions.allSatisfy(x.shape.indices.contains), Set(dimensions).count == dimensions.count else {
            throw ShapeError("\(x) does not have the dimensions \(dimensions)")
        }
        return [TensorType(x.shape.indices.filter { !dimensions.contains($0) }.map { x.shape[$0] }, x.element)]
    }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        let scalar = TensorType([], node.types[0].element)
        return writer.emit(
            "stablehlo.reduce", operands, attributes: "dimensions = \(mlir(dimensions.sorted()))",
            region: .combining(with: reducer.rawValue, scalar), node)
    }

    func pullback(_ c: Pullback) -> [Value?] {
        let kept = c.x.shape.indices.filter { !dimensions.contains($0) }
        let spread = { (v: Value) in v.broadcast(to: c.x.shape, dimensions: kept) }
        switch reducer {
        case .add: return [spread(c.cotangent), nil]
        case .maximum, .minimum:
            // Ties share the cotangent.
            let isExtreme = (c.x .== spread(c.y)).converted(to: c.x.element)
            return [isExtreme * spread(c.cotangent / isExtreme.sum(dimensions)), nil]
        }
    }

    static func identity(_ reducer: Reducer, _ element: ElementType) -> Double {
        switch reducer {
        case .add: return 0
        case .maximum: return element.isFloatingPoint ? -.infinity : Double(element.smallestInteger)
        case .minimum: return element.isFloatingPoint ? .infinity : Double(element.greatestInteger)
        }
    }
}

extension ElementType {
    fileprivate var isUnsigned: Bool { [.bool, .u8, .u16, .u32, .u64].contains(self) }
    /// Bounds for reductions of integers; 64-bit ones are limited to what a Double holds.
    fileprivate var smallestInteger: Int { isUnsigned ? 0 : -(1 << (min(byteCount * 8, 54) - 1)) }
    fileprivate var greatestInteger: Int { (1 << (min(byteCount * 8, 54) - (isUnsigned ? 0 : 1))) - 1 }
}

extension Value {
    private func reduce(_ reducer: Reduce.Reducer, _ dimensions: [Int]?, keep: Bool, _ file: StaticString, _ line: UInt) -> Value {
        let dimensions = dimensions.map { $0.map(dimension) } ?? Array(0..<rank)
        if dimensions.isEmpty { return self }
        let identity = constant(Reduce.identity(reducer, element))
        let result = Value.add(Reduce(reducer: reducer, dimensions: dimensions), [self, identity], file, line)[0]
        return keep ? result.reshaped(shape.indices.map { dimensions.contains($0) ? 1 : shape[$0] }) : result
    }

    /// Sum over dimensions (negative: from the back), or over all. `keep` leaves them with size 1.
    public func sum(_ dimensions: [Int]? = nil, keep: Bool = false, _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        reduce(.add, dimensions, keep: keep, file, line)
    }

    /// Maximum over dimensions (negative: from the back), or over all.
    public func max(_ dimensions: [Int]? = nil, keep: Bool = false, _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        reduce(.maximum, dimensions, keep: keep, file, line)
    }

    /// Minimum over dimensions (negative: from the back), or over all.
    public func min(_ dimensions: [Int]? = nil, keep: Bool = false, _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        reduce(.minimum, dimensions, keep: keep, file, line)
    }

    /// Mean over dimensions (negative: from the back), or over all.
    public func mean(_ dimensions: [Int]? = nil, keep: Bool = false, _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        let total = sum(dimensions, keep: keep, file, line)
        return total / (Double(type.count) / Double(Swift.max(total.type.count, 1)))
    }

    /// Index of the greatest element along the last dimension, as int32; the first one where several are equal.
    public func argmax(_ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        let index = graph.iota(shape, along: rank - 1, .i32, file, line)
        let far = graph.constant(Double(shape.last ?? 0), .i32)
        return select(self .== max([-1], keep: true, file, line), index, far).min([-1], file, line)
    }
}

import PJRT

/// Places the dimensions of a tensor into a larger shape and repeats it along the rest.
struct Broadcast: Operation {
    let shape: [Int]
    let dimensions: [Int]
    var name: String { "broadcast_in_dim" }
    var cost: OperationCost { .view }
    var attributes: String { "broadcast_dimensions = \(mlir(dimensions))" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let x = operands[0]
        let result = TensorType(shape, x.element)
        guard dimensions.count == x.rank, dimensions.allSatisfy(shape.indices.contains),
            zip(dimensions, dimensions.dropFirst()).allSatisfy(<),
            zip(x.shape, dimensions).allSatisfy({ $0 == 1 || $0 == shape[$1] })
        else { throw ShapeError("\(x) at the dimensions \(dimensions) does not stretch to \(result)", guess: result) }
        return [result]
    }
    func pullback(_ c: Pullback) -> [Value?] {
        let added = shape.indices.filter { !dimensions.contains($0) }
        let stretched = zip(dimensions, c.x.shape).filter { $1 == 1 && shape[$0] != 1 }.map(\.0)
        return [c.cotangent.sum(added + stretched).reshaped(c.x.shape)]
    }
}

struct Reshape: Operation {
    let shape: [Int]
    var name: String { "reshape" }
    var cost: OperationCost { .view }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let result = TensorType(shape, operands[0].element)
        guard shape.allSatisfy({ $0 >= 0 }), result.count == operands[0].count else {
            throw ShapeError("\(operands[0]) does not have the elements of \(result)", guess: result)
        }
        return [result]
    }
    func pullback(_ c: Pullback) -> [Value?] { [c.cotangent.reshaped(c.x.shape)] }
}

struct Transpose: Operation {
    let permutation: [Int]
    var name: String { "transpose" }
    var cost: OperationCost { .view }
    var attributes: String { "permutation = \(mlir(permutation))" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard permutation.sorted() == Array(0..<operands[0].rank) else {
            throw ShapeError("\(permutation) does not permute the dimensions of \(operands[0])")
        }
        return [TensorType(permutation.map { operands[0].shape[$0] }, operands[0].element)]
    }
    func pullback(_ c: Pullback) -> [Value?] {
        var inverse = permutation
        for (to, from) in permutation.enumerated() { inverse[from] = to }
        return [c.cotangent.transposed(inverse)]
    }
}

/// Elements from `start` to `limit` in steps of `stride`, in each dimension.
struct Slice: Operation {
    let start: [Int]
    let limit: [Int]
    let stride: [Int]
    var name: String { "slice" }
    var cost: OperationCost { .view }
    var attributes: String { "start_indices = \(mlir(start)), limit_indices = \(mlir(limit)), strides = \(mlir(stride))" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let x = operands[0]
        guard [start, limit, stride].allSatisfy({ $0.count == x.rank }), stride.allSatisfy({ $0 > 0 }),
            x.shape.indices.allSatisfy({ 0 <= start[$0] && start[$0] <= limit[$0] && limit[$0] <= x.shape[$0] })
        else { throw ShapeError("\(start) to \(limit) in steps of \(stride) is not within \(x)") }
        return [TensorType(x.shape.indices.map { (limit[$0] - start[$0] + stride[$0] - 1) / stride[$0] }, x.element)]
    }
    func pullback(_ c: Pullback) -> [Value?] {
        let covered = start.indices.map { c.y.shape[$0] == 0 ? 0 : (c.y.shape[$0] - 1) * stride[$0] + 1 }
        let high = start.indices.map { c.x.shape[$0] - start[$0] - covered[$0] }
        return [c.cotangent.padded(low: start, high: high, interior: stride.map { $0 - 1 })]
    }
}

/// Surrounds, and interleaves, a tensor with a scalar.
struct Pad: Operation {
    let low: [Int]
    let high: [Int]
    let interior: [Int]
    var name: String { "pad" }
    var attributes: String {
        "edge_padding_low = \(mlir(low)), edge_padding_high = \(mlir(high)), interior_padding = \(mlir(interior))"
    }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let x = operands[0]
        guard [low, high, interior].allSatisfy({ $0.count == x.rank && $0.allSatisfy { $0 >= 0 } }) else {
            throw ShapeError("padding \(low), \(high), \(interior) does not have a natural number for each dimension of \(x)")
        }
        return [TensorType(x.shape.indices.map { low[$0] + x.shape[$0] + max(x.shape[$0] - 1, 0) * interior[$0] + high[$0] }, x.element)]
    }
    func pullback(_ c: Pullback) -> [Value?] {
        let stride = interior.map { $0 + 1 }
        let limit = low.indices.map { low[$0] + max((c.x.shape[$0] - 1) * stride[$0] + 1, 0) }
        let inner = c.cotangent.sliced(from: low, to: limit, by: stride)
        let rest = c.isNeeded[1] ? c.cotangent.sum() - inner.sum() : nil
        return [inner, rest]
    }
}

struct Concatenate: Operation {
    let dimension: Int
    var name: String { "concatenate" }
    var attributes: String { "dimension = \(dimension) : i64" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        var result = operands[0]
        guard result.shape.indices.contains(dimension) else { throw ShapeError("\(result) has no dimension \(dimension)") }
        for operand in operands.dropFirst() {
            var fitting = operand
            guard operand.rank == result.rank else { throw ShapeError("\(operands[0]) and \(operand) differ in rank") }
            fitting.shape[dimension] = result.shape[dimension]
            guard fitting == result else { throw ShapeError("\(operands[0]) and \(operand) differ outside dimension \(dimension)") }
            result.shape[dimension] += operand.shape[dimension]
        }
        return [result]
    }
    func pullback(_ c: Pullback) -> [Value?] {
        var offset = 0
        return c.operands.map { operand in
            defer { offset += operand.shape[dimension] }
            return c.cotangent.sliced(dimension, offset..<(offset + operand.shape[dimension]))
        }
    }
}

/// A slice whose start is computed; the operands after the first are its scalar start indices.
struct DynamicSlice: Operation {
    let sizes: [Int]
    var name: String { "dynamic_slice" }
    var attributes: String { "slice_sizes = \(mlir(sizes))" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let x = operands[0]
        let result = TensorType(sizes, x.element)
        guard sizes.count == x.rank, areIndices(operands.dropFirst(), rank: x.rank), zip(sizes, x.shape).allSatisfy({ 0 <= $0 && $0 <= $1 })
        else {
            throw ShapeError("\(result) at \(operands.dropFirst().map(\.description)) is not within \(x)", guess: result)
        }
        return [result]
    }
    func pullback(_ c: Pullback) -> [Value?] {
        let zero = c.graph.zeros(c.x.type)
        let starts = Array(c.operands.dropFirst())
        return [zero.updating(c.cotangent, at: starts)] + starts.map { _ in nil }
    }
}

/// A tensor with a part replaced at a computed place; operands: tensor, part, scalar start indices.
struct DynamicUpdateSlice: Operation {
    var name: String { "dynamic_update_slice" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let (x, part) = (operands[0], operands[1])
        guard part.rank == x.rank, part.element == x.element, areIndices(operands.dropFirst(2), rank: x.rank),
            zip(part.shape, x.shape).allSatisfy({ $0 <= $1 })
        else { throw ShapeError("\(part) at \(operands.dropFirst(2).map(\.description)) does not fit into \(x)") }
        return [x]
    }
    func pullback(_ c: Pullback) -> [Value?] {
        let starts = Array(c.operands.dropFirst(2))
        let hole = c.graph.zeros(c.operands[1].type)
        return [c.cotangent.updating(hole, at: starts), c.cotangent.sliced(at: starts, sizes: c.operands[1].shape)]
            + starts.map { _ in nil }
    }
}

extension Value {
    /// This tensor stretched to a larger shape, aligned at the last dimension.
    public func broadcast(to shape: [Int], _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        if shape == self.shape { return self }
        let first = shape.count - rank
        return Value.add(Broadcast(shape: shape, dimensions: (0..<rank).map { $0 + first }), [self], file, line)[0]
    }

    /// This tensor with its dimensions at the given places of a larger shape.
    public func broadcast(to shape: [Int], dimensions: [Int], _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        Value.add(Broadcast(shape: shape, dimensions: dimensions), [self], file, line)[0]
    }

    /// The same elements in row-major order under another shape. One size may be −1: what is left.
    public func reshaped(_ shape: [Int], _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        var shape = shape
        if let free = shape.firstIndex(of: -1) {
            let known = shape.reduce(-1, *)
            shape[free] = known > 0 && type.count % known == 0 ? type.count / known : 0
        }
        return shape == self.shape ? self : Value.add(Reshape(shape: shape), [self], file, line)[0]
    }

    /// The dimensions in another order: result dimension i is dimension `permutation[i]` of this tensor.
    public func transposed(_ permutation: [Int], _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        permutation == Array(0..<rank) ? self : Value.add(Transpose(permutation: permutation), [self], file, line)[0]
    }

    /// Elements `range` of one dimension (negative: from the back).
    public func sliced(_ dimension: Int, _ range: Range<Int>, _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        let dimension = self.dimension(dimension)
        var (start, limit) = (shape.map { _ in 0 }, shape)
        guard shape.indices.contains(dimension) else {
            graph.fail("slice: \(type) has no dimension \(dimension)", file, line)
            return self
        }
        (start[dimension], limit[dimension]) = (range.lowerBound, range.upperBound)
        return sliced(from: start, to: limit, by: shape.map { _ in 1 }, file, line)
    }

    /// Elements from `start` to `limit` in steps of `stride`, in each dimension.
    public func sliced(
        from start: [Int], to limit: [Int], by stride: [Int], _ file: StaticString = #fileID, _ line: UInt = #line
    ) -> Value {
        Value.add(Slice(start: start, limit: limit, stride: stride), [self], file, line)[0]
    }

    /// This tensor with zeros before, after and between its elements.
    public func padded(
        low: [Int], high: [Int], interior: [Int]? = nil, with padding: Double = 0, _ file: StaticString = #fileID, _ line: UInt = #line
    ) -> Value {
        Value.add(Pad(low: low, high: high, interior: interior ?? low.map { _ in 0 }), [self, constant(padding)], file, line)[0]
    }

    /// A part of the given size that starts at computed indices, one scalar a dimension; XLA moves the start so that the part fits.
    public func sliced(at starts: [Value], sizes: [Int], _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        Value.add(DynamicSlice(sizes: sizes), [self] + starts, file, line)[0]
    }

    /// This tensor with `part` written over it at computed indices, one scalar a dimension.
    public func updating(_ part: Value, at starts: [Value], _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        Value.add(DynamicUpdateSlice(), [self, part] + starts, file, line)[0]
    }

    /// Parts of equal size along a dimension (negative: from the back).
    public func split(_ dimension: Int, into count: Int, _ file: StaticString = #fileID, _ line: UInt = #line) -> [Value] {
        let dimension = self.dimension(dimension)
        guard shape.indices.contains(dimension), shape[dimension] % count == 0 else {
            graph.fail("split: dimension \(dimension) of \(type) does not divide by \(count)", file, line)
            return Array(repeating: self, count: count)
        }
        let size = shape[dimension] / count
        return (0..<count).map { sliced(dimension, ($0 * size)..<(($0 + 1) * size), file, line) }
    }
}

/// Tensors joined along a dimension (negative: from the back).
public func concatenate(_ values: [Value], along dimension: Int, _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
    values.count == 1 ? values[0] : Value.add(Concatenate(dimension: values[0].dimension(dimension)), values, file, line)[0]
}

/// Whether the types are those of start indices: an integer scalar for each dimension, all of one type.
private func areIndices(_ types: ArraySlice<TensorType>, rank: Int) -> Bool {
    types.count == rank && types.allSatisfy { $0 == types.first && $0.rank == 0 && !$0.element.isFloatingPoint && $0.element != .bool }
}

/// A list of integers as an MLIR attribute.
func mlir(_ numbers: [Int]) -> String {
    numbers.isEmpty ? "array<i64>" : "array<i64: " + numbers.map(String.init).joined(separator: ", ") + ">"
}

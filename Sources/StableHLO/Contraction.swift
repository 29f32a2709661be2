import PJRT

/// A product of two tensors summed over contracted dimensions. Result dimensions: batch, then free ones of the left, then of the right.
struct DotGeneral: Operation {
    let batch: (lhs: [Int], rhs: [Int])
    let contracting: (lhs: [Int], rhs: [Int])
    let element: ElementType
    var name: String { "dot_general" }
    var cost: OperationCost { .product }

    var attributes: String {
        """
        dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = \(batch.lhs), rhs_batching_dimensions = \(batch.rhs), \
        lhs_contracting_dimensions = \(contracting.lhs), rhs_contracting_dimensions = \(contracting.rhs)>
        """
    }

    private static func free(_ rank: Int, _ batch: [Int], _ contracting: [Int]) -> [Int] {
        (0..<rank).filter { !batch.contains($0) && !contracting.contains($0) }
    }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let (a, b) = (operands[0], operands[1])
        let fits = { (l: [Int], r: [Int]) in
            l.count == r.count && zip(l, r).allSatisfy { a.shape[$0] == b.shape[$1] }
        }
        let shape =
            batch.lhs.map { a.shape[$0] } + Self.free(a.rank, batch.lhs, contracting.lhs).map { a.shape[$0] }
            + Self.free(b.rank, batch.rhs, contracting.rhs).map { b.shape[$0] }
        let result = TensorType(shape, element)
        guard a.element == b.element, fits(batch.lhs, batch.rhs), fits(contracting.lhs, contracting.rhs) else {
            throw ShapeError(
                "\(a) and \(b) do not contract over dimensions \(contracting.lhs) and \(contracting.rhs) with batch \(batch.lhs) and \(batch.rhs)",
                guess: result)
        }
        return [result]
    }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        if let call = kernelCall(node.operands.map(writer.type(of:)), node.types[0]), writer.kernels.contains(call.target) {
            return call.write(node, operands: operands, to: &writer)
        }
        return writer.emit("stablehlo." + name, operands, attributes: attributes, node)
    }

    func pullback(_ c: Pullback) -> [Value?] {
        let (a, b) = (c.operands[0], c.operands[1])
        // Products of the backward pass run in the operands' precision, as the forward ones do.
        let g = c.cotangent.converted(to: a.element)
        let nBatch = batch.lhs.count
        let freeA = Self.free(a.rank, batch.lhs, contracting.lhs)
        let freeB = Self.free(b.rank, batch.rhs, contracting.rhs)
        let gBatch = Array(0..<nBatch)
        let gFreeA = freeA.indices.map { nBatch + $0 }
        let gFreeB = freeB.indices.map { nBatch + freeA.count + $0 }

        /// g contracted with the other operand gives [batch, free, contracted dimensions in the other operand's order].
        func cotangent(
            of rank: Int, _ batch: [Int], _ free: [Int], _ contracting: [Int], against other: Value, _ otherBatch: [Int],
            _ otherFree: [Int],
            _ otherContracting: [Int], _ gContracted: [Int]
        ) -> Value {
            let product = Value.add(
                DotGeneral(batch: (gBatch, otherBatch), contracting: (gContracted, otherFree), element: a.element), [g, other])[0]
            let rest = otherContracting.sorted().map { d in contracting[otherContracting.firstIndex(of: d) ?? 0] }
            let order = batch + free + rest
            var permutation = Array(repeating: 0, count: rank)
            for (position, dimension) in order.enumerated() { permutation[dimension] = position }
            return product.transposed(permutation)
        }
        return [
            c.isNeeded[0]
                ? cotangent(of: a.rank, batch.lhs, freeA, contracting.lhs, against: b, batch.rhs, freeB, contracting.rhs, gFreeB) : nil,
            c.isNeeded[1]
                ? cotangent(of: b.rank, batch.rhs, freeB, contracting.rhs, against: a, batch.lhs, freeA, contracting.lhs, gFreeA) : nil,
        ]
    }
}

/// A product of two tensors written as Einstein wrote it: `einsum("btd,ed->bte", x, w)`.
///
/// A letter names a dimension; letters of both operands that the result lacks are summed over, letters in all three are batch dimensions.
/// - Parameter result: element type of the result; the operands' own unless given. Sums are always at least float32.
public func einsum(
    _ formula: String, _ a: Value, _ b: Value, result: ElementType? = nil, _ file: StaticString = #fileID, _ line: UInt = #line
) -> Value {
    let parts = formula.replacing("->", with: ",").split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    func failed(_ problem: String, _ letters: [Character]) -> Value {
        a.graph.fail("einsum \(formula): \(problem)", file, line)
        let sizes = Dictionary(zip(parts.joined(), a.shape + b.shape)) { first, _ in first }
        return a.graph.zeros(TensorType(letters.map { sizes[$0] ?? 1 }, result ?? a.element))
    }
    guard parts.count == 3, parts[0].count == a.rank, parts[1].count == b.rank, parts.allSatisfy({ Set($0).count == $0.count }) else {
        return failed("does not fit \(a.type) and \(b.type)", parts.last ?? [])
    }
    let (inA, inB, out) = (parts[0], parts[1], parts[2])
    let shared = inA.filter(inB.contains)
    let batch = shared.filter(out.contains)
    let contracting = shared.filter { !out.contains($0) }
    let made = batch + inA.filter { !shared.contains($0) } + inB.filter { !shared.contains($0) }
    guard made.sorted() == out.sorted() else {
        return failed("the result's letters are not those left over (\(String(made)))", out)
    }
    let at = { (letters: [Character], wanted: [Character]) in wanted.compactMap { letters.firstIndex(of: $0) } }
    let dot = DotGeneral(
        batch: (at(inA, batch), at(inB, batch)), contracting: (at(inA, contracting), at(inB, contracting)), element: result ?? a.element)
    let product = Value.add(dot, [a, b], file, line)[0]
    return product.transposed(at(made, out), file, line)
}

import PJRT

extension DotGeneral {
    /// The product as a call of the kernel `argonne_dot_f32`, where its operands are matrices or batches of them as they lie in memory and it is
    /// large enough to be worth a call.
    func kernelCall(_ operands: [TensorType], _ result: TensorType) -> CustomCall? {
        let (a, b) = (operands[0], operands[1])
        guard a.element == .f32, b.element == .f32, result.element == .f32,
            let lhs = Self.isTransposed(a.rank, batch.lhs, contracting.lhs, contractsLast: true),
            let rhs = Self.isTransposed(b.rank, batch.rhs, contracting.rhs, contractsLast: false)
        else { return nil }
        let product = { (type: TensorType, dimensions: [Int]) in dimensions.reduce(1) { $0 * type.shape[$1] } }
        let (batches, k) = (product(a, batch.lhs), product(a, contracting.lhs))
        guard batches > 0, k > 0 else { return nil }
        let (m, n) = (a.count / batches / k, b.count / batches / k)
        guard m * n * k >= 1 << 15, batches * m * n * k >= 1 << 18 else { return nil }
        let sizes = "batch = \(batches) : i64, m = \(m) : i64, n = \(n) : i64, k = \(k) : i64"
        return CustomCall(
            target: "argonne_dot_f32", results: [result],
            configuration: .typed("\(sizes), lhs_transposed = \(lhs), rhs_transposed = \(rhs)"),
            layouts: nil)
    }

    /// Whether an operand lies as the transpose of a matrix: contracted dimensions last on the left, first on the right is how it should lie.
    /// Nil where its dimensions are not [batch, free, contracted] or [batch, contracted, free], each in order.
    private static func isTransposed(_ rank: Int, _ batch: [Int], _ contracting: [Int], contractsLast: Bool) -> Bool? {
        let free = (0..<rank).filter { !batch.contains($0) && !contracting.contains($0) }
        let order = Array(0..<rank)
        if batch + free + contracting == order { return !contractsLast }
        if batch + contracting + free == order { return contractsLast }
        return nil
    }
}

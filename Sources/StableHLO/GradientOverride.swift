/// A value whose gradient is given by hand; see `Value.withGradient`. Operands: the value, those it depends on, those kept for the rule.
struct GradientOverride: Operation {
    let count: Int
    let rule: (Value, [Value]) -> [Value?]
    var name: String { "withGradient" }
    var cost: OperationCost { .view }
    var isAlias: Bool { true }

    /// What stands for an override whose rule has run already, in the operations that a backward pass runs again.
    static var spent: GradientOverride {
        GradientOverride(count: 0) { cotangent, _ in
            cotangent.graph.fail("withGradient: there is no second derivative through a rule within a scan or a checkpoint")
            return []
        }
    }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { [operands[0]] }
    func pullback(_ c: Pullback) -> [Value?] {
        let cotangents = rule(c.cotangent, Array(c.operands.dropFirst()))
        guard cotangents.count == count else {
            c.graph.fail("withGradient: \(cotangents.count) cotangents for \(count) values")
            return c.operands.map { _ in nil }
        }
        return [nil] + cotangents + Array(repeating: nil, count: c.operands.count - 1 - count)
    }
}

extension Value {
    /// This value, with a gradient given by hand: seen from outside it depends on `values` alone.
    ///
    /// For kernels that compute a gradient themselves, and where the forward pass already has it (cross-entropy in chunks).
    /// - Parameters:
    ///   - values: what the gradient is with respect to.
    ///   - kept: further values that the rule reads. What only the rule reads costs nothing in a program without gradients.
    ///   - rule: cotangents of `values` (nil for zero), given this value's and the list `values + kept`. It must use no other value: within a
    ///     scan or a checkpoint it runs on copies.
    public func withGradient(of values: [Value], keeping kept: [Value] = [], _ rule: @escaping (Value, [Value]) -> [Value?]) -> Value {
        Value.add(GradientOverride(count: values.count, rule: rule), [self] + values + kept)[0]
    }

    /// This value as a constant: no gradient flows through it.
    public var stopped: Value { withGradient(of: []) { _, _ in [] } }
}

import PJRT
import StableHLO
import TestSupport
import Testing

/// Mistakes in shapes: what is said about them, and that building goes on.
@Suite struct GraphErrorTests {
    /// The message for a graph with parameters a [2, 3] and b [4].
    static func failure(_ body: (Graph, Value, Value) -> Void) -> String {
        let graph = Graph()
        body(graph, graph.parameter("a", [2, 3], .f32), graph.parameter("b", [4], .f32))
        return graph.failure?.description ?? "no failure"
    }

    @Test func namedOperationsSayTheirLine() {
        let line = #line + 1
        let message = Self.failure { _, a, _ in _ = a.reshaped([7]) }
        #expect(message == "GraphErrorTests.swift:\(line): reshape: tensor<2x3xf32> does not have the elements of tensor<7xf32>")
    }

    @Test func operatorsSayWhereTheirOperandsAreFrom() {
        let graph = Graph()
        let line = #line + 1
        let a = graph.parameter("a", [2, 3], .f32)
        let b = a.transposed([1, 0]) * 2
        let _: Value = graph.scope("blocks") { graph.scope("norm") { -(a * 3) + b } }
        #expect(
            graph.failure?.description
                == "in blocks/norm with operands from GraphErrorTests.swift:\(line) and GraphErrorTests.swift:\(line + 1): "
                + "add: tensor<2x3xf32> and tensor<3x2xf32> do not fit each other")
    }

    @Test func placesAreKnownWithinBodies() {
        let graph = Graph()
        let line = #line + 1
        let a = graph.parameter("a", [2, 3], .f32)
        _ = graph.scan(carry: [a], length: 2) { _, carry, _ in ([carry[0] * 2 + a.transposed([1, 0])], []) }
        let place = "GraphErrorTests.swift:\(line + 1)"
        #expect(
            graph.failure?.description
                == "with operands from \(place) and \(place): add: tensor<2x3xf32> and tensor<3x2xf32> do not fit each other")
    }

    @Test func messagesNameBothTypes() {
        let cases: [(String, (Graph, Value, Value) -> Void)] = [
            ("multiply: tensor<2x3xf32> and tensor<4xf32> do not fit each other", { _, a, b in _ = a * b }),
            ("add: tensor<2x3xf32> and tensor<2x3xbf16> do not fit each other", { _, a, _ in _ = a + a.converted(to: .bf16) }),
            ("compare: tensor<2x3xf32> and tensor<4xf32> do not fit each other", { _, a, b in _ = a .< b }),
            ("select: tensor<2x3xf32> cannot choose between tensor<2x3xf32> and tensor<2x3xf32>", { _, a, _ in _ = select(a, a, a) }),
            ("dot_general: tensor<2x3xf32> and tensor<4xf32> do not contract", { _, a, b in _ = einsum("ij,j->i", a, b) }),
            ("einsum ijk,j->i: does not fit tensor<2x3xf32> and tensor<4xf32>", { _, a, b in _ = einsum("ijk,j->i", a, b) }),
            ("einsum ij,k->i: the result's letters are not those left over (ijk)", { _, a, b in _ = einsum("ij,k->i", a, b) }),
            ("einsum ij: does not fit", { _, a, b in _ = einsum("ij", a, b) }),
            (
                "broadcast_in_dim: tensor<4xf32> at the dimensions [1] does not stretch to tensor<2x3xf32>",
                { _, _, b in _ = b.broadcast(to: [2, 3]) }
            ),
            (
                "broadcast_in_dim: tensor<2x3xf32> at the dimensions [1, 0] does not stretch",
                { _, a, _ in _ = a.broadcast(to: [3, 2], dimensions: [1, 0]) }
            ),
            ("reshape: tensor<2x3xf32> does not have the elements", { _, a, _ in _ = a.reshaped([-1, 4]) }),
            ("reshape: tensor<2x3xf32> does not have the elements", { _, a, _ in _ = a.reshaped([-2, -3]) }),
            ("transpose: [0, 0] does not permute the dimensions of tensor<2x3xf32>", { _, a, _ in _ = a.transposed([0, 0]) }),
            ("slice: [0, 2] to [2, 5] in steps of [1, 1] is not within tensor<2x3xf32>", { _, a, _ in _ = a.sliced(1, 2..<5) }),
            ("slice: tensor<2x3xf32> has no dimension 2", { _, a, _ in _ = a.sliced(2, 0..<1) }),
            ("slice: [0] to [1] in steps of [0] is not within tensor<4xf32>", { _, _, b in _ = b.sliced(from: [0], to: [1], by: [0]) }),
            ("pad: padding [-1], [0], [0] does not have a natural number", { _, _, b in _ = b.padded(low: [-1], high: [0]) }),
            ("concatenate: tensor<2x3xf32> and tensor<4xf32> differ in rank", { _, a, b in _ = concatenate([a, b], along: 0) }),
            ("split: dimension 1 of tensor<2x3xf32> does not divide by 2", { _, a, _ in _ = a.split(-1, into: 2) }),
            ("reduce: tensor<2x3xf32> does not have the dimensions [2]", { _, a, _ in _ = a.sum([2]) }),
            ("gather: tensor<2x3xf32> does not index rows of tensor<4xf32>", { _, a, b in _ = b.rows(a) }),
            (
                "scatter: tensor<4xf32> at tensor<i32> does not add to rows of tensor<2x3xf32>",
                { g, a, b in _ = a.adding(b, toRows: g.constant(0, .i32)) }
            ),
            (
                "dynamic_slice: tensor<1xf32> at [\"tensor<f32>\"] is not within tensor<4xf32>",
                { g, _, b in _ = b.sliced(at: [g.constant(0, .f32)], sizes: [1]) }
            ),
            ("dynamic_update_slice: tensor<2x3xf32> at [] does not fit into tensor<4xf32>", { _, a, b in _ = b.updating(a, at: []) }),
            ("exponential: tensor<i32> has an element type that it is not defined for", { g, _, _ in _ = exp(g.constant(1, .i32)) }),
            ("bitcast_convert: tensor<4xf32> and f64 differ in size", { _, _, b in _ = b.bitcast(to: .f64) }),
            ("iota: tensor<4xi32> has no dimension 1", { g, _, _ in _ = g.iota([4], along: 1) }),
            ("constant: 3 numbers do not fill tensor<4xf32>", { g, _, _ in _ = g.constant([1, 2, 3], .f32, shape: [4]) }),
            ("all_gather: tensor<4xf32> has no dimension 1", { _, _, b in _ = b.allGathered(1, over: ReplicaGroups([[0, 1]])) }),
            (
                "reduce_scatter: dimension 1 of tensor<2x3xf32> does not divide by 2 devices",
                { _, a, _ in _ = a.reduceScattered(1, over: ReplicaGroups([[0, 1]])) }
            ),
            (
                "scan: carried value 0 goes in as tensor<4xf32> and comes out as tensor<2x3xf32>",
                { g, a, b in _ = g.scan(carry: [b], length: 2) { _, _, _ in ([a], []) } }
            ),
            ("scan: 1 carried values go in and 2 come out", { g, a, b in _ = g.scan(carry: [b], length: 2) { _, c, _ in (c + c, []) } }),
            (
                "scan: [\"tensor<2x3xf32>\", \"tensor<4xf32>\"] do not all have the same rows",
                { g, a, b in _ = g.scan(carry: [], over: [a, b]) { _, _, _ in ([], []) } }
            ),
            ("scan: [] do not all have the same rows, one at least", { g, a, b in _ = g.scan(carry: [a]) { _, c, _ in (c, []) } }),
            ("gradients: tensor<2x3xf32> is not a floating-point scalar", { _, a, _ in _ = gradients(of: a, withRespectTo: [a]) }),
        ]
        for (expected, body) in cases {
            let message = Self.failure(body)
            #expect(message.contains(expected))
            #expect(!message.contains("\n"))
        }
    }

    @Test func firstMistakeWinsAndIsThrown() {
        let graph = Graph()
        let x = graph.parameter("x", [2], .f32)
        let y = x.reshaped([3]) + x
        _ = y.transposed([5])
        #expect(throws: GraphError.self) { try graph.stableHLO(results: [y]) }
        #expect(graph.failure?.message.hasPrefix("reshape") == true)
    }

    @Test func valuesStayWithinTheirBody() {
        let graph = Graph()
        let x = graph.parameter("x", [], .f32)
        var leaked = x
        _ = graph.scan(carry: [x], length: 2) { _, carry, _ in
            leaked = carry[0]
            return (carry, [])
        }
        #expect(throws: GraphError.self) { try graph.stableHLO(results: [leaked * 2]) }
        #expect(graph.failure?.message == "a tensor<f32> of another graph, or of a body that is finished, is used here")

        let second = Graph()
        let outer = second.parameter("x", [], .f32)
        _ = second.scan(carry: [outer], length: 2) { _, carry, _ in (gradients(of: outer * outer, withRespectTo: carry), []) }
        #expect(second.failure?.message.contains("was made inside a body, and the scalar outside of it") == true)
    }

    @Test(arguments: 0..<4) func buildingGoesOnAfterAMistake(_ mistake: Int) {
        // Attention as models write it: shapes are read and indexed all the way.
        let graph = Graph()
        let x = graph.parameter("x", mistake == 0 ? [2, 8] : [2, 5, 8], .f32)
        let weights = ["q", "k", "v", "o"].map { graph.parameter($0, [3, mistake == 1 ? 7 : 8, 8], .f32) }
        let y = graph.scan(carry: [x], over: weights, .dots) { graph, carry, w in
            let h = graph.checkpoint([carry[0]]) { h in
                let heads = w.prefix(3).map { einsum("btd,ed->bte", h[0], $0).reshaped([2, 5, mistake == 2 ? 3 : 2, 4]) }
                let scores = einsum("btnh,bsnh->bnts", heads[0], heads[1], result: .f32) / Double(heads[0].shape[3])
                let visible =
                    graph.iota([scores.shape[2], scores.shape[3]], along: 0) .>= graph.iota([scores.shape[2], scores.shape[3]], along: 1)
                let weights = select(visible, scores, scores.graph.constant(-1e30, .f32))
                let y = einsum("bnts,bsnh->btnh", exp(weights - weights.max([-1], keep: true)), heads[2])
                return [einsum("bte,de->btd", y.reshaped([y.shape[0], y.shape[1], y.shape[2] * y.shape[3]]), w[3]), y.sum([-1])]
            }
            return ([carry[0] + h[0] + (mistake == 3 ? h[1] : h[0])], [h[1].mean()])
        }
        let found = gradients(of: y.carried[0].sum() + y.stacked[0].sum(), withRespectTo: weights)
        #expect(found.map(\.type) == weights.map(\.type))
        #expect(throws: GraphError.self) { try graph.stableHLO(results: found) }
    }

    @Test func operationsWithoutGradientSaySo() {
        let graph = Graph()
        let x = graph.parameter("x", [], .f32)
        let y = graph.scope("attention") { graph.customCall("kernel", [x], results: [x.type], .typed("scale = 0.5 : f32"))[0] }
        _ = gradients(of: y, withRespectTo: [x])
        #expect(
            graph.failure?.description
                == "in attention/backward: custom_call kernel: has no gradient of its own; give one with withGradient")
    }
}

import PJRT
import StableHLO
import TestSupport
import Testing

/// The text of programs.
@Suite struct ProgramTextTests {
    @Test func readsAsWritten() throws {
        let text = try Evaluator.text([TensorType([2], .f32)]) { graph, x in
            [graph.scope("block") { graph.scope("norm") { (x[0] * x[0]).sum() } }]
        }
        #expect(
            text == """
                module @"main" attributes {mhlo.num_replicas = 1 : i32, mhlo.num_partitions = 1 : i32} {
                func.func public @main(%arg0: tensor<2xf32>) -> (tensor<f32>) {
                  %1 = "stablehlo.multiply"(%arg0, %arg0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("block/norm")
                  %2 = "stablehlo.constant"() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32> loc("block/norm")
                  %3 = "stablehlo.reduce"(%1, %2) ({^bb0(%lhs: tensor<f32>, %rhs: tensor<f32>): %r = "stablehlo.add"(%lhs, %rhs) : (tensor<f32>, tensor<f32>) -> tensor<f32> \
                "stablehlo.return"(%r) : (tensor<f32>) -> ()}) {dimensions = array<i64: 0>} : (tensor<2xf32>, tensor<f32>) -> tensor<f32> loc("block/norm")
                  "func.return"(%3) : (tensor<f32>) -> ()
                }
                }

                """)
    }

    @Test func namesAreEscaped() throws {
        let graph = Graph()
        let x = graph.parameter("x", [3, 2], .f32)
        let y = graph.scope("a \"quoted\" \\ päth\n\u{7F}") {
            graph.scan(carry: [x.sum([0])], over: [x]) { _, carry, rows in ([sin(carry[0]) + rows[0].max()], []) }.carried[0]
        }
        let text = try graph.stableHLO(results: gradients(of: y.sum(), withRespectTo: [x]), name: "train \"step\" 1")
        let program = try TestClient.shared.compile(text)
        #expect(program.outputs.map(\.shape) == [[3, 2]])
        #expect(text.contains("loc(\"a \\22quoted\\22 \\5C p\\C3\\A4th\\0A\\7F\")"))
    }

    @Test func backwardOperationsAreNamedAfterForwardOnes() throws {
        let text = try Evaluator.text([TensorType([2], .f32)]) { graph, x in
            gradients(of: graph.scope("loss") { sin(x[0]).sum() }, withRespectTo: x)
        }
        let line = try #require(text.split(separator: "\n").first { $0.contains("stablehlo.cosine") })
        #expect(line.hasSuffix("loc(\"loss/backward\")"))
    }

    @Test func writesOnlyWhatResultsNeed() throws {
        let text = try Evaluator.text([TensorType([2], .f32)]) { _, x in
            _ = exp(x[0])
            return [x[0] + 1]
        }
        #expect(!text.contains("exponential"))
    }

    @Test func donatesAndRepeatsResults() throws {
        let graph = Graph()
        let (x, y) = (graph.parameter("x", [2], .f32), graph.parameter("y", [2], .f32))
        let text = try graph.stableHLO(results: [x, y + x, y + x], name: "step", donated: [1: 1])
        #expect(text.contains("%arg1: tensor<2xf32> {tf.aliasing_output = 1 : i32}"))
        let program = try TestClient.shared.compile(text)
        #expect(program.name == "step")
        #expect(program.donatedParameters == [1])
        #expect(program.outputs.count == 3)
    }

    @Test func deepModelsAreBuiltOnce() throws {
        // A block built once and a hundred times over: the loop's text has one block in each direction.
        func lines(_ body: (Graph, Value, Value) -> Value) throws -> Int {
            try Evaluator.text([TensorType([4, 16], .f32), TensorType([100, 16, 16], .f32)]) { graph, x in
                gradients(of: body(graph, x[0], x[1]).sum(), withRespectTo: x)
            }.split(separator: "\n").count
        }
        let block = { (h: Value, w: Value) in h + tanh(einsum("td,ed->te", h * rsqrt((h * h).mean([-1], keep: true) + 1e-6), w)) }
        let looped = try lines { graph, x, w in graph.scan(carry: [x], over: [w]) { _, h, w in ([block(h[0], w[0])], []) }.carried[0] }
        let unrolled = try lines { graph, x, w in (0..<100).reduce(x) { h, i in block(h, w.sliced(0, i..<(i + 1)).reshaped([16, 16])) } }
        #expect(looped < 120)
        #expect(unrolled > 3000)
    }
}

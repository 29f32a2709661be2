import ArgonneModels
import ArgonneTraining
import PJRT
import SPMD
import StableHLO
import Testing

/// How many messages the devices exchange: Megatron's scheme needs two sums forward and two backward for each block, and no more.
@Suite struct MessagesTests {
    /// A block of Argonne 2.0 on eight devices, as it stands in the program's loops: the scan holds each once.
    @Test func blockOfArgonne2() throws {
        let mesh = Mesh(tensor: 8)
        let model = try Preset.argonne2.configuration().model()
        let plan = try ModelPlan(model, mesh: mesh, compute: .bf16)
        let graph = Graph()
        let weights = zip(plan.weights, try plan.localShapes()).map { graph.parameter($0.name, $1, .f32) }
        let tokens = graph.parameter("tokens", [1, 4096], .i32)
        let zero = graph.constant(0, .u32)

        let loss = plan.loss(tokens, tokens, segments: nil, weights, step: zero, pass: zero)
        let forward = try graph.stableHLO(results: [loss.sum], replicas: 8)
        #expect(count(of: "stablehlo.all_reduce", in: forward) == 2)

        let gradients = StableHLO.gradients(of: loss.sum, withRespectTo: weights)
        let both = try graph.stableHLO(results: [loss.sum] + gradients, replicas: 8)
        #expect(count(of: "stablehlo.all_reduce", in: both) == 4)
        for other in ["all_gather", "reduce_scatter", "collective_permute", "all_to_all"] {
            #expect(!both.contains("stablehlo.\(other)"))
        }
    }

    /// The messages are as wide as the residual stream, in the precision of the computation.
    @Test func widthOfTheMessages() throws {
        let plan = try ModelPlan(Preset.argonne2.configuration().model(), mesh: Mesh(tensor: 8), compute: .bf16)
        let graph = Graph()
        let weights = zip(plan.weights, try plan.localShapes()).map { graph.parameter($0.name, $1, .f32) }
        let tokens = graph.parameter("tokens", [2, 4096], .i32)
        let zero = graph.constant(0, .u32)
        let loss = plan.loss(tokens, tokens, segments: nil, weights, step: zero, pass: zero)
        let text = try graph.stableHLO(results: [loss.sum] + gradients(of: loss.sum, withRespectTo: weights), replicas: 8)
        for line in text.split(separator: "\n") where line.contains("stablehlo.all_reduce") {
            #expect(line.contains("-> tensor<2x4096x4080xbf16>"), "\(line)")
        }
    }

    private func count(of name: String, in program: String) -> Int {
        program.split(separator: "\n").filter { $0.contains("\"\(name)\"") }.count
    }
}

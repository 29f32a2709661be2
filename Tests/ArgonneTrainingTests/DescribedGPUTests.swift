import ArgonneModels
import ArgonneTraining
import PJRT
import SPMD
import StableHLO
import Testing

private let cudaPlugin = try? Plugin.named(.cuda)

/// Steps compiled by the CUDA plugin for GPUs that are not here: XLA takes cuDNN's calls with their settings, and schedules the messages.
@Suite(.enabled(if: cudaPlugin != nil, "the CUDA plugin is not there: run `make deps-cuda`"))
struct DescribedGPUTests {
    /// Heads of 12 need padding; documents need a bias. Smaller messages would be sent by the kernels that make them.
    @Test func aStepWithFusedAttentionOnTwoGPUs() throws {
        let model = try DecoderModel(
            DecoderConfiguration(
                vocabularySize: 97, hiddenSize: 256, intermediateSize: 64, layerCount: 2, headCount: 4, keyValueHeadCount: 2,
                contextLength: 1024,
                headDimension: 12))
        let plan = try ModelPlan(model, mesh: Mesh(tensor: 2), compute: .bf16, recomputation: .block, attention: .cuDNN)
        let layout = BatchLayout(microBatch: 4, sequenceLength: 1024)
        let executable = try TrainingStep.compiled(plan, AdamW(), TinyRun.schedule, layout, hasSegments: true, for: .h200)

        let program = try executable.optimizedProgram()
        let counts = program.operationCounts()
        #expect(counts["__cudnn$fmhaScaleBiasSoftmax"] == 2, "once in the forward loop, once again in the backward loop")
        #expect(counts["__cudnn$fmhaScaleBiasSoftmaxBackward"] == 1)
        #expect(try executable.memoryStats().device.aliased > 0)
        let messages = program.messages()
        #expect(messages.count { $0.opcode == "all-reduce" && $0.isAsynchronous } == 5, "\(messages)")
    }

    @Test func aFlagThatDoesNotExistIsNamed() throws {
        let plan = try TinyRun.plan()
        let layout = BatchLayout(microBatch: 1, sequenceLength: 16)
        let error = #expect(throws: PJRTError.self) {
            try TrainingStep.compiled(plan, AdamW(), TinyRun.schedule, layout, for: .h100, flags: ["xla_gpu_no_such_flag": true])
        }
        #expect(error?.message.contains("xla_gpu_no_such_flag") == true)
    }
}

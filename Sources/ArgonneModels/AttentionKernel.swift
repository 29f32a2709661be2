import PJRT
import SPMD

/// What computes attention in training.
public enum AttentionKernel: String, Sendable, CaseIterable, Codable {
    /// Plain operations, on any device and for any model; the scores of all pairs of tokens are in memory.
    case composed
    /// cuDNN's fused attention on NVIDIA GPUs, which never stores the scores.
    case cuDNN = "cudnn"
}

extension AttentionKernel {
    /// The fastest kernel that a runtime's devices have for a model, and the reason in a few words for the run's log.
    public static func best(for model: any LanguageModel, compute: ElementType, on runtime: Runtime) -> (
        kernel: AttentionKernel, reason: String
    ) {
        guard runtime.platform == .cuda else {
            let isFused = runtime.kernels.contains("argonne_attention_\(compute.mlirName)") && model.dropoutRate == 0
            return (.composed, isFused ? "fused by the project's own kernel" : "in XLA's operations")
        }
        guard let device = runtime.devices.first, case .string(let capability)? = device.attributes["compute_capability"] else {
            return (.composed, "the plugin does not tell the GPU's compute capability")
        }
        return best(for: model, compute: compute, computeCapability: capability)
    }

    /// The same for an NVIDIA GPU of a compute capability, as in "9.0".
    package static func best(
        for model: any LanguageModel, compute: ElementType, computeCapability: String
    ) -> (kernel: AttentionKernel, reason: String) {
        let headDimension = model.keyValueShape.headDimension
        guard model.dropoutRate == 0 else { return (.composed, "cuDNN's dropout would depend on the mesh") }
        guard compute == .bf16 else { return (.composed, "cuDNN takes bf16, and this run computes in \(compute)") }
        guard let longest = CuDNNAttention.longestHead(computeCapability: computeCapability) else {
            return (.composed, "cuDNN needs compute capability 8.0, and the GPU has \(computeCapability)")
        }
        let padded = CuDNNAttention.paddedHead(headDimension)
        guard padded <= longest else {
            return (
                .composed,
                "cuDNN takes heads of up to \(longest) on compute capability \(computeCapability), and the model's have \(headDimension)"
            )
        }
        return (.cuDNN, padded == headDimension ? "heads of \(headDimension)" : "heads of \(headDimension), padded to \(padded)")
    }
}

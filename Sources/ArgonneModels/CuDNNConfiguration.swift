import Foundation

/// The settings of XLA's attention calls into cuDNN: the JSON of `xla.gpu.GpuBackendConfig`, with `CudnnfMHABackendConfig` in it.
struct CuDNNConfiguration: Encodable {
    private let operationQueueId = "0"
    private let cudnnFmhaBackendConfig: Attention

    private struct Attention: Encodable {
        let algorithm = Algorithm()
        let fmhaScale: Double
        let intermediateTensorShape: Shape
        let isFlashAttention = true
        let maskType = "CAUSAL"
        let dropoutRate = 0.0
        let seed = 0
        /// 0 for none.
        let slidingWindowLength: Int
        let maxSegPerBatch = 1
        let isPagedAttention = false
        // Of the forward call: q·k gives the scores, shares·v the output.
        let bmm1DotDimensionNumbers: Product?
        let bmm2DotDimensionNumbers: Product?
        // Of the backward call: the cotangents of k and q from the scores', of v from the output's, and of the shares.
        let bmm1GradGemm1DotDimensionNumbers: Product?
        let bmm1GradGemm2DotDimensionNumbers: Product?
        let bmm2GradGemm1DotDimensionNumbers: Product?
        let bmm2GradGemm2DotDimensionNumbers: Product?
    }

    /// The fields that every call must give and that choose nothing: cuDNN's own heuristics find the kernel.
    private struct Algorithm: Encodable {
        let algoId = "0"
        let mathType = "TENSOR_OP_MATH"
        let tuningKnobs = ["17": "1", "24": "0"]
        let isCudnnFrontend = true
        let workspaceSize = "0"
    }

    /// The shape of the scores, which never exist as a tensor.
    private struct Shape: Encodable {
        let elementType = "BF16"
        let dimensions: [String]
        let layout = ["minor_to_major": ["3", "2", "1", "0"]]
        let isDynamicDimension = [false, false, false, false]
    }

    /// Dimensions of a product; 64-bit numbers are strings in protobuf's JSON.
    private struct Product: Encodable {
        let lhsContractingDimensions: [String]
        let rhsContractingDimensions: [String]
        let lhsBatchDimensions: [String]
        let rhsBatchDimensions: [String]

        init(_ contracting: (lhs: Int, rhs: Int), batch: (lhs: [Int], rhs: [Int])) {
            lhsContractingDimensions = ["\(contracting.lhs)"]
            rhsContractingDimensions = ["\(contracting.rhs)"]
            lhsBatchDimensions = batch.lhs.map(String.init)
            rhsBatchDimensions = batch.rhs.map(String.init)
        }
    }

    /// The settings for tensors laid out as [B, T, N, H].
    init(_ x: CuDNNAttention.Inputs, isBackward: Bool) {
        let (B, T, N) = (x.q_BTNH.shape[0], x.q_BTNH.shape[1], x.q_BTNH.shape[2])
        let twoHeads = Product((3, 3), batch: ([0, 2], [0, 2]))  // BTNH · BSNH → BNTS
        let overKeys = Product((3, 1), batch: ([0, 1], [0, 2]))  // BNTS · BSNH → BTNH
        let overQueries = Product((2, 1), batch: ([0, 1], [0, 2]))  // BNTS · BTNH → BSNH
        cudnnFmhaBackendConfig = Attention(
            fmhaScale: x.scale, intermediateTensorShape: Shape(dimensions: [B, N, T, x.k_BTKH.shape[1]].map(String.init)),
            slidingWindowLength: x.window ?? 0,
            bmm1DotDimensionNumbers: isBackward ? nil : twoHeads, bmm2DotDimensionNumbers: isBackward ? nil : overKeys,
            bmm1GradGemm1DotDimensionNumbers: isBackward ? overQueries : nil, bmm1GradGemm2DotDimensionNumbers: isBackward ? overKeys : nil,
            bmm2GradGemm1DotDimensionNumbers: isBackward ? overQueries : nil, bmm2GradGemm2DotDimensionNumbers: isBackward ? twoHeads : nil)
    }

    /// The JSON text, the same for the same settings.
    var text: String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers and strings alone always encode.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

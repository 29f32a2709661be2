import PJRT
import StableHLO

/// Cross-entropy of next-token predictions, computed in chunks over tokens so that the logits of all tokens never exist at once.
public struct CrossEntropy: Sendable {
    /// The label of a position that does not count.
    public static let ignoredLabel = -100
    /// The greatest number of logits that exist at once on a device.
    public var chunkElements: Int

    /// Chunks of at most `chunkElements` logits; one token at least. By default 2²⁶: 256 MiB, of which a chunk of a few hundred tokens is made
    /// even with a large vocabulary. In smaller chunks reading the head and adding to its gradient would cost more than their products.
    public init(chunkElements: Int = 1 << 26) { self.chunkElements = chunkElements }

    /// Tokens in a chunk: the greatest divisor of `tokens` that keeps to the bound.
    public func chunkLength(tokens: Int, vocabulary: Int) -> Int {
        let bound = max(1, min(tokens, chunkElements / max(vocabulary, 1)))
        return (1...bound).reversed().first { tokens % $0 == 0 } ?? 1
    }

    /// Sum of −log p(label) over the positions that count, and their number, both float32 scalars.
    ///
    /// The gradient is made in the same pass over the logits as the loss: dL/dlogit = p − [label], so a backward pass costs two multiplications
    /// by the loss's cotangent. A program without gradients computes none of it.
    ///
    /// - Parameters:
    ///   - hidden: final hidden states [B, T, D].
    ///   - head: the output matrix [V, D] in its own precision; with `vocabulary`, this device's rows.
    ///   - labels: next tokens [B, T], int32; `ignoredLabel` where there is none.
    ///   - vocabulary: the devices among which the head's rows are dealt out, this device's first row, and the number of rows that are
    ///     not padding. Nil where each device has the whole head.
    public func callAsFunction(
        _ hidden: Value, head: Value, labels: Value, vocabulary: VocabularyPart? = nil
    ) -> (sum: Value, count: Value) {
        let (D, N) = (hidden.shape[2], hidden.shape[0] * hidden.shape[1])
        let V = head.shape[0]
        let operands = [hidden.reshaped([N, D]), head.converted(to: hidden.element), labels.reshaped([N])]
        let C = chunkLength(tokens: N, vocabulary: V)
        let results: [Value]
        if let vocabulary {
            results = Self.inChunks(of: C, operands, vocabulary)
        } else {
            let kernel = Kernel(
                "argonne_cross_entropy_\(hidden.element.mlirName)", scratch: [TensorType([C, V], .f32), TensorType([C], .f32)])
            results = hidden.graph.kernel(kernel, operands) { Self.inChunks(of: C, $0, nil) }
        }
        let count = (labels .>= 0).converted(to: .f32).sum()
        let sum = results[0].withGradient(of: [hidden, head], keeping: [results[1].reshaped(hidden.shape), results[2]]) { g, values in
            let (dHidden, dHead) = (values[2], values[3])
            return [dHidden * g.converted(to: dHidden.element), (dHead * g).converted(to: head.element)]
        }
        return (sum, count)
    }

    /// The sum of the loss and its gradients with respect to hidden states [N, D] and head [V, D], given both and labels [N].
    private static func inChunks(of C: Int, _ operands: [Value], _ vocabulary: VocabularyPart?) -> [Value] {
        let (hidden, head, labels) = (operands[0], operands[1], operands[2])
        let (N, D, V) = (hidden.shape[0], hidden.shape[1], head.shape[0])
        let graph = hidden.graph
        let loop = graph.scan(
            carry: [graph.constant(0, .f32), graph.constant(0, .f32, shape: [V, D])],
            over: [hidden.reshaped([N / C, C, D]), labels.reshaped([N / C, C])]
        ) { graph, carry, rows in
            let (h_CD, label_C) = (rows[0], rows[1])
            let column_CV = graph.iota([C, V], along: 1)
            var logits_CV = einsum("cd,vd->cv", h_CD, head, result: .f32)
            var local_C = label_C
            if let vocabulary {
                local_C = label_C - vocabulary.firstRow
                let isRow = column_CV + vocabulary.firstRow .< graph.constant(Double(vocabulary.rows), .i32)
                logits_CV = select(isRow, logits_CV, graph.constant(-1e30, .f32))
            }
            let over = { (x: Value) in vocabulary.map { x.allReduced(over: $0.devices) } ?? x }
            let greatest = logits_CV.max([-1], keep: true)
            let shifted = logits_CV - (vocabulary.map { greatest.allMaximum(over: $0.devices) } ?? greatest)
            let exponentials = exp(shifted)
            let total_C1 = over(exponentials.sum([-1], keep: true))
            let isLabel = (column_CV .== local_C.reshaped([C, 1])).converted(to: .f32)
            let labelLogit_C = over((shifted * isLabel).sum([-1]))
            let counts_C = (label_C .>= 0).converted(to: .f32)
            let loss = ((log(total_C1).reshaped([C]) - labelLogit_C) * counts_C).sum()

            let dLogits = ((exponentials / total_C1 - isLabel) * counts_C.reshaped([C, 1])).converted(to: hidden.element)
            let dHidden = einsum("cv,vd->cd", dLogits, head)
            let dHead = einsum("cv,cd->vd", dLogits, h_CD, result: .f32)
            return ([carry[0] + loss, carry[1] + dHead], [dHidden])
        }
        return [loop.carried[0], loop.stacked[0].reshaped([N, D]), loop.carried[1]]
    }
}

/// This device's share of a vocabulary that is dealt out among devices.
public struct VocabularyPart {
    /// The devices that share the vocabulary.
    public let devices: ReplicaGroups
    /// Index of this device's first row, int32 scalar.
    public let firstRow: Value
    /// Rows in all, padding left out.
    public let rows: Int

    /// A share of a vocabulary of `rows` entries.
    public init(devices: ReplicaGroups, firstRow: Value, rows: Int) {
        self.devices = devices
        self.firstRow = firstRow
        self.rows = rows
    }
}

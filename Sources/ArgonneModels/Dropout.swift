import PJRT
import StableHLO

/// Random zeros in activations during training (Srivastava et al., JMLR 15, 2014).
///
/// Which elements fall out depends on the seed, the step and the element's place in the global tensor, never on the mesh.
public struct Dropout {
    /// Share of elements that become zero; the rest grow by 1 / (1 − rate).
    private let rate: Double
    private let seed: UInt64
    private let step: Value
    /// The number within the step of this device's first sequence, uint32.
    private let firstSequence: Value

    /// Dropout for one pass.
    /// - Parameters:
    ///   - step: number of the step, uint32 scalar.
    ///   - firstSequence: number within the step of the first sequence that this device reads in this pass, uint32 scalar.
    public init(rate: Double, seed: UInt64, step: Value, firstSequence: Value) {
        self.rate = rate
        self.seed = seed
        self.step = step
        self.firstSequence = firstSequence
    }

    /// Where in a model dropout happens.
    enum Site: Int {
        case embedding, attention, attentionOutput, feedForwardOutput
    }

    /// Drops elements of x, whose first dimension is the sequences and whose second may be dealt out among devices.
    ///
    /// - Parameters:
    ///   - block: number of the block, uint32 scalar.
    ///   - second: where this device's part of the second dimension begins, and the size of the whole dimension.
    func callAsFunction(_ x: Value, at site: Site, block: Value, second: (start: Value, size: Int)? = nil) -> Value {
        let graph = x.graph
        var sequence = graph.iota(x.shape, along: 0, .u32) + firstSequence
        var inner = 1
        var index = graph.constant(0, .u32, shape: x.shape)
        for dimension in (1..<x.rank).reversed() {
            let place = graph.iota(x.shape, along: dimension, .u32)
            if dimension == 1, let second {
                // The pair of sequence and dealt-out dimension makes one word, the rest the other, so that neither runs over.
                sequence = sequence * Double(second.size) + place + second.start
            } else {
                index = index + place * Double(inner)
                inner *= x.shape[dimension]
            }
        }
        let key = RandomKey(
            block * 8 + Double((UInt32(truncatingIfNeeded: seed) & ~7) | UInt32(site.rawValue)),
            step + Double(UInt32(truncatingIfNeeded: seed >> 32)))
        let isKept = key.uniform(index, sequence) .>= rate
        return x * isKept.converted(to: x.element) * (1 / (1 - rate))
    }
}

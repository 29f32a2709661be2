import Foundation

/// Chooses tokens from scores, on the host.
package struct Sampler: Sendable {
    /// How.
    package let sampling: Sampling

    /// A sampler.
    package init(_ sampling: Sampling) { self.sampling = sampling }

    /// A token and the score that is left of it.
    package struct Candidate: Equatable {
        /// The token.
        package var token: Int32
        /// Its score, a logarithm of its probability up to a constant.
        package var score: Float
    }

    /// The token to come next.
    ///
    /// - Parameters:
    ///   - scores: one for each token of the vocabulary.
    ///   - history: the tokens so far, prompt included.
    ///   - index: which new token of its prompt this is, from 0.
    package func token(from scores: UnsafeBufferPointer<Float>, history: [Int32], index: Int) -> Int32 {
        if sampling.temperature == 0 {
            return sampling.takesGreatest
                ? Self.greatest(scores) : penalized(scores, history).withUnsafeBufferPointer { Self.greatest($0) }
        }
        // Probabilities lie in the order of tokens, so that one random number means the same token wherever it is drawn.
        let candidates = candidates(from: scores, history: history)
        let greatest = candidates.lazy.map(\.score).max() ?? 0
        let weights = candidates.map { exp(Double($0.score - greatest)) }
        let target = CounterRandom(seed: sampling.seed).uniform(UInt64(index)) * weights.reduce(0, +)
        var sum = 0.0
        for (candidate, weight) in zip(candidates, weights) {
            sum += weight
            if target < sum { return candidate.token }
        }
        return candidates.last?.token ?? 0
    }

    /// What repetition penalty, temperature, top-k, top-p and min-p leave, in the order of tokens.
    package func candidates(from scores: UnsafeBufferPointer<Float>, history: [Int32]) -> [Candidate] {
        sampling.repetitionPenalty == 1
            ? candidates(scores) : penalized(scores, history).withUnsafeBufferPointer { candidates($0) }
    }

    private func candidates(_ scores: UnsafeBufferPointer<Float>) -> [Candidate] {
        var left: [Candidate]
        if let k = sampling.topK, k < scores.count {
            let threshold = Self.threshold(scores, k)
            left = scores.indices.lazy.filter { scores[$0] >= threshold }.map { Candidate(token: Int32($0), score: scores[$0]) }
        } else {
            left = scores.indices.map { Candidate(token: Int32($0), score: scores[$0]) }
        }
        let temperature = Float(sampling.temperature)
        for index in left.indices { left[index].score /= temperature }
        if let p = sampling.topP, p < 1 { left = Self.nucleus(left, p) }
        if let p = sampling.minP, p > 0 {
            let least = (left.lazy.map(\.score).max() ?? 0) + Float(log(p))
            left.removeAll { $0.score < least }
        }
        return left
    }

    private static func greatest(_ scores: UnsafeBufferPointer<Float>) -> Int32 {
        var best = 0
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return Int32(best)
    }

    private func penalized(_ scores: UnsafeBufferPointer<Float>, _ history: [Int32]) -> [Float] {
        let penalty = Float(sampling.repetitionPenalty)
        var result = Array(scores)
        for token in Set(history) {
            let score = result[Int(token)]
            result[Int(token)] = score < 0 ? score * penalty : score / penalty
        }
        return result
    }

    /// The k-th greatest score: the root of a heap of the k greatest so far.
    private static func threshold(_ scores: UnsafeBufferPointer<Float>, _ k: Int) -> Float {
        var heap = Heap(Array(scores.prefix(k)), isAbove: <)
        for score in scores.dropFirst(k) where score > heap.top { heap.replaceTop(score) }
        return heap.top
    }

    /// The most probable candidates until their probabilities add up to `p`; at least one. A heap gives them in order without sorting all.
    private static func nucleus(_ candidates: [Candidate], _ p: Double) -> [Candidate] {
        var heap = Heap(candidates) { ($0.score, $1.token) > ($1.score, $0.token) }
        let greatest = heap.top.score
        let total = candidates.reduce(0) { $0 + exp(Double($1.score - greatest)) }
        var kept: [Candidate] = []
        var sum = 0.0
        while sum < p * total, let next = heap.popTop() {
            kept.append(next)
            sum += exp(Double(next.score - greatest))
        }
        return kept.sorted { $0.token < $1.token }
    }
}

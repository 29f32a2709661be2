import ArgonneInference
import ArgonneWeights
import Foundation
import TestSupport
import Testing

struct SamplerTests {
    private static func left(_ scores: [Float], _ sampling: Sampling, history: [Int32] = []) -> [Int32: Float] {
        let candidates = scores.withUnsafeBufferPointer { Sampler(sampling).candidates(from: $0, history: history) }
        #expect(candidates.map(\.token) == candidates.map(\.token).sorted())
        return Dictionary(uniqueKeysWithValues: candidates.map { ($0.token, $0.score) })
    }

    private static func token(_ scores: [Float], _ sampling: Sampling, history: [Int32] = [], index: Int = 0) -> Int32 {
        scores.withUnsafeBufferPointer { Sampler(sampling).token(from: $0, history: history, index: index) }
    }

    /// Probabilities 0.1, 0.4, 0.2, 0.3.
    private static let scores: [Float] = [0.1, 0.4, 0.2, 0.3].map { logf($0) }

    @Test func topKKeepsTheGreatestAndWhatEqualsThem() {
        #expect(Set(Self.left(Self.scores, Sampling(topK: 2)).keys) == [1, 3])
        #expect(Set(Self.left([1, 3, 2, 2], Sampling(topK: 2)).keys) == [1, 2, 3])
        #expect(Self.left(Self.scores, Sampling(topK: 9)).count == 4)
    }

    @Test func topPKeepsTheTokenThatCrossesTheLine() {
        #expect(Set(Self.left(Self.scores, Sampling(topP: 0.35)).keys) == [1])
        #expect(Set(Self.left(Self.scores, Sampling(topP: 0.5)).keys) == [1, 3])
        #expect(Set(Self.left(Self.scores, Sampling(topP: 0.75)).keys) == [1, 2, 3])
        #expect(Self.left(Self.scores, Sampling(topP: 1)).count == 4)
    }

    @Test func minPIsRelativeToTheMostProbable() {
        #expect(Set(Self.left(Self.scores, Sampling(minP: 0.6)).keys) == [1, 3])
        #expect(Set(Self.left(Self.scores, Sampling(minP: 1)).keys) == [1])
    }

    /// After top-k 2, the two that are left have the probabilities 4/7 and 3/7: the first alone reaches 0.5.
    @Test func topPSeesWhatTopKLeaves() {
        #expect(Set(Self.left(Self.scores, Sampling(topK: 2, topP: 0.5)).keys) == [1])
    }

    @Test func penaltyCountsATokenOnceAndPushesNegativeScoresDown() {
        let left = Self.left([2, -1, 4, 1], Sampling(repetitionPenalty: 2), history: [0, 0, 1])
        #expect(left == [0: 1, 1: -2, 2: 4, 3: 1])
        #expect(Self.token([2, 0, 1.5], Sampling(temperature: 0, repetitionPenalty: 2), history: [0]) == 2)
    }

    /// Every setting of the golden file leaves the tokens and scores that transformers' processors leave.
    @Test func filtersAreThoseOfTransformers() throws {
        let expected = try GoldenModel.llama.expected()
        let scores = try expected.tensor("scores").elements(as: Float.self)
        let history = try expected.tensor("history").elements(as: Int32.self)
        let settings = try expected.tensor("settings").elements(as: Float.self)
        for number in 0..<(settings.count / 5) {
            let setting = settings[(number * 5)..<(number * 5 + 5)].map { Double($0) }
            let sampling = Sampling(
                temperature: setting[0], topK: setting[1] == 0 ? nil : Int(setting[1]), topP: setting[2] == 0 ? nil : setting[2],
                minP: setting[3] == 0 ? nil : setting[3], repetitionPenalty: setting[4])
            let left = Self.left(scores, sampling, history: history)
            let wanted = try expected.tensor("filtered.\(number)").elements(as: Float.self)
            #expect(Set(left.keys) == Set(wanted.indices.filter { wanted[$0] > -.infinity }.map { Int32($0) }), "setting \(number)")
            for (token, score) in left { #expect(abs(score - wanted[Int(token)]) <= 1e-5 * max(1, abs(score))) }
        }
    }

    @Test func tokensComeAsOftenAsTheyAreProbable() {
        var counts = [0, 0, 0, 0]
        for index in 0..<20_000 { counts[Int(Self.token(Self.scores, Sampling(seed: 7), index: index))] += 1 }
        for (count, probability) in zip(counts, [0.1, 0.4, 0.2, 0.3]) { #expect(abs(Double(count) / 20_000 - probability) < 0.02) }
    }

    @Test func seedAndPlaceDecide() {
        let draw = { (seed: UInt64) in (0..<64).map { Self.token(Self.scores, Sampling(seed: seed), index: $0) } }
        #expect(draw(1) == draw(1))
        #expect(draw(1) != draw(2))
        #expect(Set(draw(1)).count > 1)
    }

    @Test func numbersOutOfRangeAreNamed() {
        for (sampling, name) in [
            (Sampling(temperature: -1), "temperature"), (Sampling(topK: 0), "top-k"), (Sampling(topP: 0), "top-p"),
            (Sampling(topP: 1.5), "top-p"),
            (Sampling(minP: -0.1), "min-p"), (Sampling(repetitionPenalty: 0), "repetition-penalty"),
            (Sampling(temperature: .nan), "temperature"),
        ] {
            #expect(throws: InferenceError.self) { try sampling.validate() }
            do { try sampling.validate() } catch { #expect(error.description.hasPrefix(name)) }
        }
    }
}

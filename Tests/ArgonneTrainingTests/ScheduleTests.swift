import ArgonneTraining
import Foundation
import PJRT
import SPMD
import StableHLO
import TestSupport
import Testing

@Suite struct ScheduleTests {
    private func rates(_ schedule: LearningRateSchedule, at steps: [Int]) throws -> [Float] {
        let runtime = try Runtime(client: TestClient.shared, mesh: Mesh())
        let graph = Graph()
        let step = graph.parameter("step", [steps.count], .f32)
        let program = try runtime.compile(graph, results: [(schedule.rate(at: step), .replicated)])
        return try program([runtime.array(steps.map(Float.init), shape: [steps.count])])[0].values()
    }

    private func expect(_ rates: [Float], _ expected: [Double]) {
        for (rate, value) in zip(rates, expected) { #expect(abs(Double(rate) / value - 1) < 1e-5, "\(rate) is not \(value)") }
    }

    /// The recipe of Argonne 2: linear from the minimum over 2,000 steps, then half a cosine.
    @Test func cosineOfArgonne2() throws {
        let schedule = LearningRateSchedule(peak: 1e-4, minimum: 1e-5, warmupSteps: 2000, totalSteps: 1_347_890)
        let middle = 2000 + (1_347_890 - 2000) / 4
        let rates = try rates(schedule, at: [0, 1000, 2000, middle, 1_347_890, 2_000_000])
        let quarter = 1e-5 + 9e-5 * 0.5 * (1 + cos(Double.pi * Double(middle - 2000) / Double(1_347_890 - 2000)))
        expect(rates, [1e-5, 5.5e-5, 1e-4, quarter, 1e-5, 1e-5])
    }

    @Test func stableThenDecay() throws {
        let schedule = LearningRateSchedule(shape: .stable, peak: 1e-3, minimum: 1e-5, warmupSteps: 10, totalSteps: 100, decaySteps: 20)
        expect(try rates(schedule, at: [0, 5, 10, 79, 80, 90, 100]), [1e-5, 5.05e-4, 1e-3, 1e-3, 1e-3, 5.05e-4, 1e-5])
    }

    @Test func noWarmup() throws {
        expect(
            try rates(LearningRateSchedule(shape: .constant, peak: 3e-4, minimum: 0, warmupSteps: 0, totalSteps: 5), at: [0, 4]),
            [3e-4, 3e-4])
    }
}

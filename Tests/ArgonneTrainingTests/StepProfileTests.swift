import ArgonneModels
import ArgonneTraining
import Foundation
import PJRT
import SPMD
import StableHLO
import TestSupport
import Testing

@Suite struct StepProfileTests {
    @Test func filesAreWrittenAfterTheAskedSteps() throws {
        let folder = NSTemporaryDirectory() + "profile-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let runtime = try TinyRun.runtime(Mesh())
        let step = try TrainingStep(TinyRun.plan(), AdamW(), TinyRun.schedule, BatchLayout(microBatch: 4, sequenceLength: 16), on: runtime)
        var profile = StepProfile(step.program, steps: 2, folder: folder)
        try ProfilerAccess.exclusively {
            #expect(try (0..<3).allSatisfy { _ in try profile.stepFinished() == nil })
            #expect(!FileManager.default.fileExists(atPath: folder))
            #expect(try profile.stepFinished()?.contains(folder) == true)
        }
        #expect(try profile.stepFinished() == nil)

        func text(_ name: String) throws -> String { try String(contentsOfFile: folder + "/" + name, encoding: .utf8) }
        #expect(try text("program.hlo.txt").contains("HloModule train_step"))
        let summary = try text("summary.txt")
        for part in ["memory of each device", "intermediate values", "XLA's estimate", "a step over 2 steps"] {
            #expect(summary.contains(part))
        }
        #expect(try text("operations.tsv").hasPrefix("ms a step\tshare"))
    }
}

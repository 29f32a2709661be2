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
        var notes: [String?] = []
        try ProfilerAccess.exclusively {
            for _ in 0..<3 { notes.append(try profile.stepFinished()) }
            #expect(!FileManager.default.fileExists(atPath: folder))
            for _ in 0..<2 { notes.append(try profile.stepFinished()) }
        }
        #expect(notes.map { $0 == nil } == [true, true, true, false, true])
        #expect(notes[3]?.contains(folder) == true)

        func text(_ name: String) throws -> String { try String(contentsOfFile: folder + "/" + name, encoding: .utf8) }
        #expect(try text("program.hlo.txt").contains("HloModule train_step"))
        let summary = try text("summary.txt")
        for part in ["memory of each device", "intermediate values", "XLA's estimate", "a step over 2 steps", "time by kind"] {
            #expect(summary.contains(part))
        }
        #expect(try text("operations.tsv").hasPrefix("ms a step\tshare"))
    }
}

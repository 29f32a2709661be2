import ArgonneModels
import ArgonneTraining
import ArgonneWeights
import Foundation
import PJRT
import SPMD
import TestSupport
import Testing

@Suite struct CheckpointTests {
    private func progress(_ step: Int) -> RunProgress {
        RunProgress(
            step: step, tokens: step * 64, position: nil, layout: BatchLayout(microBatch: 4, sequenceLength: 16), mesh: "data=1,tensor=1")
    }

    private func store(_ path: String, _ plan: ModelPlan, kept: Int = 10) -> CheckpointStore {
        CheckpointStore(RunFolder(path), plan: plan, configuration: TinyRun.decoder, kept: kept)
    }

    private func values(_ state: TrainingState) throws -> [[Float]] {
        try (state.weights + state.means + state.squares).map { try $0.values() }
    }

    /// Checkpoints hold global tensors: what one mesh saved, another loads to the bit.
    @Test(arguments: [Mesh(tensor: 4), Mesh(data: 2, tensor: 2)])
    func anyMeshLoadsAnyCheckpoint(mesh: Mesh) throws {
        try withTemporaryDirectory { path in
            let alone = try TinyRun.plan()
            let runtime = try TinyRun.runtime(Mesh())
            let state = try TrainingState.initial(alone, seed: 1, on: runtime)
            try store(path, alone).save(state, progress(7))

            let divided = try TinyRun.plan(TinyRun.decoder, mesh)
            let there = try TinyRun.runtime(mesh)
            let (loaded, progress) = try store(path, divided).newest(on: there) { Issue.record("skipped: \($0)") }
            #expect(progress.step == 7 && progress.tokens == 448)
            #expect(try values(loaded) == values(state))
            #expect(try loaded.step.values(as: Int32.self) == [7])

            try store(path + "/second", divided).save(loaded, progress)
            let (back, _) = try store(path + "/second", alone).newest(on: runtime) { _ in }
            #expect(try values(back) == values(state))
        }
    }

    @Test func paddingOfADealtOutVocabularyIsNotSaved() throws {
        try withTemporaryDirectory { path in
            let mesh = Mesh(tensor: 8)
            let plan = try TinyRun.plan(TinyRun.decoder, mesh, isVocabularyParallel: true)
            let state = try TrainingState.initial(plan, seed: 1, on: TinyRun.runtime(mesh))
            try store(path, plan).save(state, progress(1))
            let file = try SafetensorsReader(path: RunFolder(path).checkpoint(1))
            #expect(try file.tensor("model.embed_tokens.weight").shape == [97, 32])
            let alone = try TinyRun.plan()
            let (loaded, _) = try store(path, alone).newest(on: TinyRun.runtime(Mesh())) { _ in }
            let same = try TrainingState.initial(alone, seed: 1, on: TinyRun.runtime(Mesh()))
            #expect(relativeDifference(try loaded.weights[0].values(), try same.weights[0].values()) < 1e-6)
        }
    }

    @Test func aDamagedCheckpointIsPassedOver() throws {
        try withTemporaryDirectory { path in
            let plan = try TinyRun.plan()
            let runtime = try TinyRun.runtime(Mesh())
            let state = try TrainingState.initial(plan, seed: 1, on: runtime)
            for step in [1, 2, 3] { try store(path, plan).save(state, progress(step)) }
            // One bit of the newest, the end of the one before it.
            let newest = RunFolder(path).checkpoint(3) + "/model.safetensors"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: newest))
            bytes[bytes.count - 100] ^= 1
            try bytes.write(to: URL(fileURLWithPath: newest))
            let second = RunFolder(path).checkpoint(2) + "/optimizer.safetensors"
            try Data(contentsOf: URL(fileURLWithPath: second)).dropLast(10).write(to: URL(fileURLWithPath: second))

            var skipped: [String] = []
            let (_, progress) = try store(path, plan).newest(on: runtime) { skipped.append($0) }
            #expect(progress.step == 1)
            #expect(skipped.count == 2)
            #expect(skipped[0].contains("step-00000003") && skipped[0].contains("checksum"))
            #expect(skipped[1].contains("step-00000002") && skipped[1].contains("bytes"))
        }
    }

    @Test func noWholeCheckpointIsAnError() throws {
        try withTemporaryDirectory { path in
            let plan = try TinyRun.plan()
            let runtime = try TinyRun.runtime(Mesh())
            try FileManager.default.createDirectory(atPath: RunFolder(path).checkpoint(5), withIntermediateDirectories: true)
            let error = #expect(throws: TrainingError.self) { try store(path, plan).newest(on: runtime) { _ in } }
            #expect(error?.description.contains("no checkpoint that is whole") == true)
        }
    }

    @Test func olderOnesAreRemoved() throws {
        try withTemporaryDirectory { path in
            let plan = try TinyRun.plan()
            let state = try TrainingState.initial(plan, seed: 1, on: TinyRun.runtime(Mesh()))
            for step in 1...4 { try store(path, plan, kept: 2).save(state, progress(step)) }
            #expect(RunFolder(path).checkpointSteps() == [4, 3])
        }
    }
}

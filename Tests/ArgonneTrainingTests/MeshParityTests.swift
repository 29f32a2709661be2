import ArgonneModels
import ArgonneTraining
import SPMD
import StableHLO
import Testing

/// The same training at any mesh: the layouts must differ in nothing but the order of sums.
@Suite struct MeshParityTests {
    static let meshes = [Mesh(data: 2), Mesh(tensor: 2), Mesh(tensor: 4), Mesh(tensor: 8), Mesh(data: 2, tensor: 2)]
    static let alone = Result { try TinyRun.losses(TinyRun.plan(), steps: 20) }
    static let gradientsAlone = Result { try TinyRun.gradients(TinyRun.plan()) }

    @Test func learns() throws {
        let losses = try Self.alone.get()
        #expect(losses[19] < losses[0] - 1, "the loss should fall clearly: \(losses)")
    }

    @Test(arguments: meshes)
    func lossesOfTwentySteps(mesh: Mesh) throws {
        let losses = try TinyRun.losses(TinyRun.plan(TinyRun.decoder, mesh), steps: 20)
        #expect(relativeDifference(try Self.alone.get(), losses) < 1e-5)
    }

    @Test(arguments: meshes)
    func gradientsOfEveryWeight(mesh: Mesh) throws {
        let plan = try TinyRun.plan(TinyRun.decoder, mesh)
        for ((weight, alone), here) in zip(zip(plan.weights, try Self.gradientsAlone.get()), try TinyRun.gradients(plan)) {
            #expect(relativeDifference(alone, here) < 1e-5, "\(weight.name) on \(mesh)")
            #expect(here.contains { $0 != 0 }, "\(weight.name) has no gradient")
        }
    }

    @Test(arguments: [Mesh(tensor: 2), Mesh(data: 2, tensor: 4)])
    func vocabularyDealtOut(mesh: Mesh) throws {
        // 97 rows do not divide: the padding must change nothing.
        let plan = try TinyRun.plan(TinyRun.decoder, mesh, isVocabularyParallel: true)
        #expect(relativeDifference(try Self.alone.get(), try TinyRun.losses(plan, steps: 20)) < 1e-5)
        for ((weight, alone), here) in zip(zip(plan.weights, try Self.gradientsAlone.get()), try TinyRun.gradients(plan)) {
            #expect(relativeDifference(alone, here) < 1e-5, "\(weight.name) on \(mesh)")
        }
    }

    @Test(arguments: [Recomputation.dots, .block])
    func recomputationChangesNothing(recomputation: Recomputation) throws {
        let losses = try TinyRun.losses(TinyRun.plan(recomputation: recomputation), steps: 20)
        #expect(relativeDifference(try Self.alone.get(), losses) < 1e-5)
    }

    @Test(arguments: [2, 4])
    func accumulationChangesNothing(passes: Int) throws {
        let losses = try TinyRun.losses(TinyRun.plan(), steps: 20, accumulation: passes)
        #expect(relativeDifference(try Self.alone.get(), losses) < 1e-5, "\(losses)")
    }

    @Test func chunksOfTheLossChangeNothing() throws {
        let losses = try TinyRun.losses(TinyRun.plan(chunkElements: 97 * 8), steps: 20)
        #expect(relativeDifference(try Self.alone.get(), losses) < 1e-5)
    }

    @Test(arguments: [Mesh(tensor: 2), Mesh(data: 2), Mesh(data: 2, tensor: 4)])
    func dropoutIsTheSameOnAnyMesh(mesh: Mesh) throws {
        let alone = try TinyRun.losses(TinyRun.plan(TinyRun.gpt), steps: 10)
        let losses = try TinyRun.losses(TinyRun.plan(TinyRun.gpt, mesh), steps: 10)
        #expect(relativeDifference(alone, losses) < 1e-5)
    }

    @Test func dropoutDependsOnTheStep() throws {
        // With one batch for ever and no learning to speak of, losses would repeat without dropout.
        let plan = try TinyRun.plan(TinyRun.gpt)
        let runtime = try TinyRun.runtime(Mesh())
        let schedule = LearningRateSchedule(shape: .constant, peak: 1e-12, minimum: 1e-12, warmupSteps: 0, totalSteps: 3)
        let step = try TrainingStep(plan, AdamW(weightDecay: 0), schedule, BatchLayout(microBatch: 4, sequenceLength: 16), on: runtime)
        var state = try TrainingState.initial(plan, seed: 3, on: runtime)
        let (tokens, targets) = TinyRun.batch(0)
        let losses = try (0..<3).map { _ in try step.run(&state, tokens: tokens, targets: targets).read().loss }
        #expect(Set(losses).count == 3)
    }
}

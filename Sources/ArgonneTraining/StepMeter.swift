import ArgonneData
import ArgonneModels
import Foundation
import PJRT
import SPMD

/// Measures steps: time, tokens a second, operations a second, memory.
public struct StepMeter {
    private let tokensPerStep: Int
    private let operationsPerToken: Double
    private let peakOperations: Double?
    private let runtime: Runtime
    private var last: ContinuousClock.Instant
    private var waited = Duration.zero
    /// Of all steps so far.
    private var total = (waited: Duration.zero, all: Duration.zero)

    /// - Parameter begin: when the first step began.
    init(plan: ModelPlan, layout: BatchLayout, runtime: Runtime, since begin: ContinuousClock.Instant) {
        last = begin
        tokensPerStep = layout.tokens(on: runtime.mesh)
        operationsPerToken = plan.model.trainingOperations(perTokenAt: layout.sequenceLength)
        peakOperations = DevicePeak.bfloat16Operations(runtime.devices[0].kind).map { $0 * Double(runtime.mesh.deviceCount) }
        self.runtime = runtime
    }

    /// Counts the time of `body` as waiting for data.
    mutating func waitingForData<Result>(_ body: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock.now
        defer { waited += start.duration(to: .now) }
        return try body()
    }

    /// The line of a step whose outcome has just been read.
    mutating func metrics(
        _ progress: RunProgress, _ numbers: (loss: Float, gradientNorm: Float, learningRate: Float, tokens: Int)
    ) -> StepMetrics {
        let now = ContinuousClock.now
        let duration = last.duration(to: now)
        let seconds = max(duration / .seconds(1), 1e-9)
        total = (total.waited + waited, total.all + duration)
        defer { (last, waited) = (now, .zero) }
        let counts = progress.position?.counts ?? DocumentCounts()
        let operations = Double(tokensPerStep) * operationsPerToken / seconds
        return StepMetrics(
            step: progress.step, tokens: progress.tokens, loss: Double(numbers.loss), gradientNorm: Double(numbers.gradientNorm),
            learningRate: Double(numbers.learningRate), tokensPerSecond: Double(tokensPerStep) / seconds, teraflops: operations / 1e12,
            peakShare: peakOperations.map { operations / $0 }, dataWaitFraction: min(1, waited / .seconds(1) / seconds),
            epoch: progress.position?.epoch ?? 0, documents: counts.documents, dropped: counts.dropped, brokenShards: counts.brokenShards,
            memoryGiB: memoryGiB)
    }

    /// Share of all steps' time in which the loop waited for data.
    var dataWaitFraction: Double { total.all > .zero ? total.waited / total.all : 0 }

    private var memoryGiB: Double {
        let device = runtime.devices.compactMap { (try? $0.memoryStats())?.bytesInUse }.max()
        return Double(device ?? Self.residentBytes) / 0x1p30
    }

    /// The greatest resident memory that this process has had, in bytes.
    public static var peakResidentBytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    /// Resident memory of this process.
    private static var residentBytes: Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}

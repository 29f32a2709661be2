import Foundation
import PJRT
import SPMD
import StableHLO

/// What the compiler says of a training step and what its operations take, written to a folder of the run for `train --profile`.
///
/// | file | holds |
/// |---|---|
/// | summary.txt | the memory that the compiler planned, its estimate of operations and bytes, time by kind of operation |
/// | operations.tsv | each operation's time, share and calls a step |
/// | program.hlo.txt | the optimized program; program.hlo.pb where the plugin gives no text |
/// | trace.xplane.pb | the trace itself, for XProf or TensorBoard |
public struct StepProfile {
    private let program: Program
    private let skipped: Int
    private let steps: Int
    private let folder: String
    private var finished = 0
    private var profiler: Profiler?
    private var start = ContinuousClock.now

    /// A profile of `steps` steps of a compiled program.
    ///
    /// - Parameters:
    ///   - skipped: steps that go by before the recording: the first ones also load, tune and warm up.
    ///   - folder: is made as soon as there is something to write.
    public init(_ program: Program, skipping skipped: Int = 2, steps: Int, folder: String) {
        self.program = program
        self.skipped = skipped
        self.steps = steps
        self.folder = folder
    }

    /// To be called after each step whose outcome has been read: begins and ends the recording where it is time.
    ///
    /// - Returns: a line for the user once the profile is written.
    /// - Throws: where the folder cannot be written.
    public mutating func stepFinished() throws -> String? {
        finished += 1
        if finished == skipped {
            start = .now
            // A plugin without a profiler still gives all the rest.
            profiler = try? Profiler(program.executable.client.plugin)
        }
        guard finished == skipped + steps else { return nil }
        let seconds = start.duration(to: .now) / .seconds(1) / Double(steps)
        let trace = try profiler?.stop()
        profiler = nil
        try write(trace, secondsPerStep: seconds)
        return "profile of \(steps) steps: \(folder)/summary.txt"
    }

    private func write(_ trace: Trace?, secondsPerStep: Double) throws {
        let executable = program.executable
        var lines = [String(format: "%.4f s a step over \(steps) steps, with the profiler running where there is one", secondsPerStep), ""]
        if let memory = try? executable.memoryStats() { lines += Self.table(memory) }
        if let costs = try? executable.costAnalysis() { lines += Self.table(costs, secondsPerStep) }

        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let text = try? executable.optimizedText()
        if let text {
            try save(Data(text.utf8), "program.hlo.txt")
        } else if let optimized = try? executable.optimizedProgram() {
            try save(Data(optimized.bytes), "program.hlo.pb")
        }
        if let trace {
            try save(Data(trace.bytes), "trace.xplane.pb")
            let kinds = trace.operations(by: Self.kinds(in: text ?? ""))
            let table = { (operations: [Trace.Operation]) in Self.rows(operations, steps: steps) }
            let header = "ms a step\tshare\tcalls a step\toperation"
            try save(Data(([header] + table(trace.operations()) + [""]).joined(separator: "\n").utf8), "operations.tsv")
            lines += ["time by kind of operation, where they run side by side that of each (ms a step, share, calls a step):"]
            lines += table(kinds).prefix(20).map { "  " + $0 }
        } else {
            lines.append("no operations: this plugin has no profiler")
        }
        try save(Data((lines + [""]).joined(separator: "\n").utf8), "summary.txt")
    }

    private static func rows(_ operations: [Trace.Operation], steps: Int) -> [String] {
        let total = max(operations.reduce(0) { $0 + $1.seconds }, .leastNormalMagnitude)
        return operations.map { operation in
            let (time, share) = (operation.seconds / Double(steps) * 1e3, operation.seconds / total)
            return String(format: "%.4f\t%.2f%%\t%.1f\t", time, share * 100, Double(operation.count) / Double(steps)) + operation.name
        }
    }

    /// An operation's kind: the kernel that it calls, else its name without a number.
    private static func kinds(in program: String) -> (String) -> String {
        var kernels: [Substring: Substring] = [:]
        for line in program.split(separator: "\n") {
            guard let call = line.firstMatch(of: #/%([^ ]+) = .*custom_call_target="([^"]+)"/#) else { continue }
            kernels[call.1] = call.2
        }
        return { name in kernels[Substring(name)].map(String.init) ?? name.replacing(#/[._][0-9]+$/#, with: "") }
    }

    private func save(_ data: Data, _ name: String) throws {
        try data.write(to: URL(fileURLWithPath: folder + "/" + name), options: .atomic)
    }

    private static func table(_ memory: CompiledMemoryStats) -> [String] {
        let device = memory.device
        let parts = [
            ("arguments: state and batch", device.arguments), ("results in new memory", device.outputs - device.aliased),
            ("intermediate values", device.temporaries), ("the program itself", device.generatedCode),
            ("at the most", memory.peak ?? device.total),
        ]
        return ["memory of each device, planned by the compiler (GiB):"]
            + parts.map { String(format: "  %10.3f  ", Double($0.1) / 0x1p30) + $0.0 } + [""]
    }

    /// Custom calls count as nothing in XLA's estimate, so with kernels of our own or of a library it is a lower bound.
    private static func table(_ costs: [String: NamedValue], _ secondsPerStep: Double) -> [String] {
        let rows = [
            ("flops", "operations"), ("bytes accessed", "bytes read and written"), ("transcendentals", "exponentials and the like"),
        ]
        return ["XLA's estimate of a step on each device, library calls left out:"]
            + rows.compactMap { key, name in
                costs[key]?.number.map { String(format: "  %10.3e  \(name), %.3e a second", $0, $0 / secondsPerStep) }
            } + [""]
    }
}

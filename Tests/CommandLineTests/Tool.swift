import Foundation
import Testing

/// The built tool, run as users run it.
enum Tool {
    struct Outcome: Equatable {
        let status: Int32
        let output: String
        let error: String
    }

    /// The tool lies beside the test bundle in the build folder.
    static var path: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(
            "argonne")
    }

    /// Runs the tool to its end. `during` is called with the process once it runs.
    static func run(
        _ words: [String], environment: [String: String] = [:], during: (Process) throws -> Void = { _ in }
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = path
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        try process.run()
        try during(process)
        let texts = [output, error].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: texts[0], error: texts[1])
    }
}

/// Expects that the tool has refused: with this status, and one line of error that has all these parts.
func expectFailure(_ outcome: Tool.Outcome, _ status: Int32 = 1, _ parts: String...) {
    #expect(outcome.status == status, "\(outcome)")
    let errors = outcome.error.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    #expect(errors.count == 1, "\(outcome.error)")
    for part in parts { #expect(errors.first?.contains(part) == true, "\(part) is not in: \(outcome.error)") }
}

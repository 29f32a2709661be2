import Foundation
import Testing

/// Runs the built tool as users do.
struct ProcessTests {
    struct Outcome: Equatable {
        let status: Int32
        let output: String
        let error: String
    }

    /// The tool lies beside the test bundle in the build folder.
    static var tool: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(
            "argonne")
    }

    func argonne(_ words: String...) throws -> Outcome {
        let process = Process()
        process.executableURL = Self.tool
        process.arguments = words
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        try process.run()
        let texts = [output, error].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: texts[0], error: texts[1])
    }

    @Test func version() throws {
        let outcome = try argonne("--version")
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("argonne "))
        #expect(outcome.error.isEmpty)
    }

    @Test func help() throws {
        let outcome = try argonne("--help")
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("usage: argonne <command> [options]\n"))
        #expect(try argonne() == outcome)
    }

    @Test func anUnknownCommandIsBadUsage() throws {
        let outcome = try argonne("frobnicate")
        #expect(
            outcome == Outcome(status: 2, output: "", error: "error: unknown command 'frobnicate'; `argonne --help` lists the commands\n"))
    }

    @Test func aReaderThatGoesAwayIsNoFailure() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "{ sleep 0.2; \"$0\" --help; echo $? >&2; } | true", Self.tool.path]
        let error = Pipe()
        process.standardError = error
        try process.run()
        let status = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(status == "0\n")
    }
}

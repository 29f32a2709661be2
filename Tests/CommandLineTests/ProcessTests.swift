import Foundation
import Testing

/// Runs the built tool as users do.
struct ProcessTests {
    func argonne(_ words: String...) throws -> Tool.Outcome { try Tool.run(words) }

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
            outcome
                == Tool.Outcome(status: 2, output: "", error: "error: unknown command 'frobnicate'; `argonne --help` lists the commands\n"))
    }

    @Test func aReaderThatGoesAwayIsNoFailure() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "{ sleep 0.2; \"$0\" --help; echo $? >&2; } | true", Tool.path.path]
        let error = Pipe()
        process.standardError = error
        try process.run()
        let status = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(status == "0\n")
    }
}

import Foundation
import TestSupport
import Testing

extension ServingTests {
    /// The server as OpenAI's own Python client sees it.
    struct OpenAIClientTests {
        private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        private static let packages = tests.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".deps/openai")
            .path
        private static let isThere = FileManager.default.fileExists(atPath: packages + "/openai")

        @Test(.enabled(if: isThere, "OpenAI's client is not there: run Tests/CommandLineTests/OpenAI/install.sh, as `make test` does"))
        func theClientIsServed() throws {
            let template = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant:"
            try RunningServer.with(.long, template: template, ["--max-queue", "4"]) { server, _ in
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = ["python3", Self.tests.appendingPathComponent("OpenAI/client.py").path, "\(server.port)"]
                process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": Self.packages]) { $1 }
                let output = Pipe()
                process.standardOutput = output
                process.standardError = output
                try process.run()
                let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                process.waitUntilExit()
                #expect(process.terminationStatus == 0 && text == "ok\n", "\(text)")
            }
        }
    }
}

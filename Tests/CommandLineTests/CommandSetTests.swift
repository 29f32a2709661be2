import Testing
import argonne

struct CommandSetTests {
    private struct Failing: Command {
        static let name = "always fail"
        static let summary = "Fails."
        func run() throws { throw Reason() }

        struct Reason: Error {}
    }

    private let set = CommandSet(version: "9", commands: [SampleCommand.self, Failing.self])

    /// What the statuses stand for is part of the interface that scripts rely on.
    @Test(arguments: [
        (["sample", "a", "--run", "r"], 0), (["sample", "--help"], 0), (["always", "--help"], 0), (["always"], 0),
        (["always", "fail", "-h"], 0),
        (["always", "fail"], 1), (["sample"], 2), (["smaple"], 2), (["always", "fial"], 2), (["always", "--x"], 2), (["--versoin"], 2),
    ])
    func exitStatus(words: [String], status: Int) {
        #expect(set.run(words) == Int32(status))
    }
}

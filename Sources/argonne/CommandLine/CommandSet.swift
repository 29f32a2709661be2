import Foundation

/// All commands of the tool: finds the one that is called, runs it, and turns errors into a line and an exit status.
package struct CommandSet {
    package let version: String
    package let commands: [any Command.Type]

    package init(version: String, commands: [any Command.Type]) {
        self.version = version
        self.commands = commands
    }

    /// Runs the tool with the words after its name. The exit status is 0, 1 when the work failed, or 2 when the call was wrong.
    package func run(_ words: [String]) -> Int32 {
        signal(SIGPIPE, SIG_IGN)  // a closed pipe or socket is an error of the write, not the end of a training run
        do {
            try dispatch(words)
            return 0
        } catch StandardOutput.Failure.closed {
            return 0
        } catch {
            let line = "error: \(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
            FileHandle.standardError.write(Data("\(line)\n".utf8))
            return error is UsageError ? 2 : 1
        }
    }

    private func dispatch(_ words: [String]) throws {
        guard let first = words.first, first != "--help", first != "-h" else {
            return try StandardOutput.write(HelpText.overview(of: commands, group: nil))
        }
        if first == "--version" { return try StandardOutput.write("argonne \(version)\n") }
        if let (type, rest) = command(calledBy: words) {
            if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
                return try StandardOutput.write(HelpText.command(type))
            }
            return try CommandParser(type).parse(rest).run()
        }
        let isGroup = commands.contains { $0.name.hasPrefix(first + " ") }
        if isGroup, words.count == 1 || words[1] == "--help" || words[1] == "-h" {
            return try StandardOutput.write(HelpText.overview(of: commands, group: first))
        }
        let called = isGroup ? words.prefix(2).joined(separator: " ") : first
        throw UsageError.unknownCommand(called, near: nearest(to: called, among: commands.map { $0.name } + ["--help", "--version"]))
    }

    /// The command whose name these words begin with, and the words after its name.
    private func command(calledBy words: [String]) -> (any Command.Type, rest: [String])? {
        for length in [2, 1] {
            let name = words.prefix(length).joined(separator: " ")
            if let type = commands.first(where: { $0.name == name }) { return (type, Array(words.dropFirst(length))) }
        }
        return nil
    }
}

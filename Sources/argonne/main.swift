import Foundation

/// The tool's version.
let version = "0.1.0"

exit(
    CommandSet(
        version: version, commands: [TrainCommand.self, ResumeCommand.self, InspectCommand.self, CompileCommand.self, BenchTrainCommand.self]
    ).run(Array(CommandLine.arguments.dropFirst())))

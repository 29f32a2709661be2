import Foundation

/// The tool's version.
let version = "0.1.0"

exit(
    CommandSet(
        version: version,
        commands: [
            TrainCommand.self, ResumeCommand.self, ImportCommand.self, ExportCommand.self, InspectCommand.self, BenchTrainCommand.self,
        ]
    ).run(Array(CommandLine.arguments.dropFirst())))

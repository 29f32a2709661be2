import Foundation

/// The tool's version.
let version = "0.1.0"

<<<<<<< HEAD
let commands: [any Command.Type] = [
    TrainCommand.self, ResumeCommand.self, GenerateCommand.self, InspectCommand.self,
    TokenizerTrainCommand.self, TokenizerEncodeCommand.self, TokenizerDecodeCommand.self, TokenizerInspectCommand.self,
    DataConvertCommand.self,
    BenchTrainCommand.self, BenchTokenizerCommand.self,
]

exit(CommandSet(version: version, commands: commands).run(Array(CommandLine.arguments.dropFirst())))
=======
exit(
    CommandSet(
<<<<<<< HEAD
        version: version,
        commands: [
            TrainCommand.self, ResumeCommand.self, ImportCommand.self, ExportCommand.self, InspectCommand.self, BenchTrainCommand.self,
        ]
=======
        version: version, commands: [TrainCommand.self, ResumeCommand.self, InspectCommand.self, CompileCommand.self, BenchTrainCommand.self]
>>>>>>> cuda
    ).run(Array(CommandLine.arguments.dropFirst())))
>>>>>>> export

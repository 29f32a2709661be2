import Foundation

/// The tool's version.
let version = "0.1.0"

let commands: [any Command.Type] = [
    TrainCommand.self, ResumeCommand.self, GenerateCommand.self, ServeCommand.self, EvaluateCommand.self, ImportCommand.self,
    ExportCommand.self, InspectCommand.self, CompileCommand.self, TokenizerTrainCommand.self, TokenizerEncodeCommand.self,
    TokenizerDecodeCommand.self, TokenizerInspectCommand.self, DataInspectCommand.self, DataPrepareCommand.self, DataConvertCommand.self,
    BenchTrainCommand.self, BenchDataCommand.self, BenchGenerateCommand.self, BenchTokenizerCommand.self, BenchMatmulCommand.self,
]

exit(CommandSet(version: version, commands: commands).run(Array(CommandLine.arguments.dropFirst())))

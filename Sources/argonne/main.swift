import Foundation

exit(CommandSet(version: "0.1.0", commands: []).run(Array(CommandLine.arguments.dropFirst())))

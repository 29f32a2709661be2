import Foundation
import Testing
import argonne

struct CommandParserTests {
    @Test func defaultsStandWhereNothingIsGiven() throws {
        let command = try #require(try SampleCommand.parse("in.txt", "--run", "out"))
        #expect(command.input == "in.txt")
        #expect(command.others == [])
        #expect(command.runFolder == "out")
        #expect(command.steps == 10)
        #expect(command.learningRate == 0.001)
        #expect(command.seed == nil)
        #expect(command.topK == nil)
        #expect(command.data == [])
        #expect(command.mesh == ["data": 1])
        #expect(command.fruit == .apple)
        #expect(command.baking.degrees == 180)
        #expect(command.baking.timing.bakingMinutes == nil)
        #expect(!command.bf16)
    }

    @Test func everyKindOfOptionIsRead() throws {
        let command = try #require(
            try SampleCommand.parse(
                "--bf16", "a", "--steps=20", "--data", "x/*", "b", "--learning-rate", "3e-4", "--data=y=z", "--seed",
                "18446744073709551615",
                "--mesh", "data=2,tensor=4", "--fruit", "quince", "--run=", "--top-k", "7", "--degrees", "200",
                "--baking-minutes=5", "--", "--c", "-"))
        #expect(command.input == "a")
        #expect(command.others == ["b", "--c", "-"])
        #expect(command.runFolder == "")
        #expect(command.steps == 20)
        #expect(command.learningRate == 3e-4)
        #expect(command.seed == .max)
        #expect(command.topK == 7)
        #expect(command.data == ["x/*", "y=z"])
        #expect(command.mesh == ["data": 2, "tensor": 4])
        #expect(command.fruit == .quince)
        #expect(command.baking.degrees == 200)
        #expect(command.baking.timing.bakingMinutes == 5)
        #expect(command.bf16)
    }

    @Test func theLastOfAnOptionThatTakesOneValueWins() throws {
        let command = try #require(try SampleCommand.parse("a", "--run", "r", "--steps", "1", "--steps", "2", "--bf16", "--bf16=false"))
        #expect(command.steps == 2)
        #expect(!command.bf16)
    }

    @Test func aDashMayBeginAValue() throws {
        let command = try #require(try SampleCommand.parse("a", "--run", "-", "--data=--x", "--data", "-1"))
        #expect(command.runFolder == "-")
        #expect(command.data == ["--x", "-1"])
    }

    static let refused: [(words: [String], error: UsageError)] = [
        (["a", "--run", "r", "--stpes", "3"], .unknownOption("--stpes", command: "sample", near: "--steps")),
        (["a", "--run", "r", "--learning-rat=3"], .unknownOption("--learning-rat", command: "sample", near: "--learning-rate")),
        (["a", "--run", "r", "--zzz"], .unknownOption("--zzz", command: "sample", near: nil)),
        (["a", "--run", "r", "-s"], .unknownOption("-s", command: "sample", near: nil)),
        (["a", "--run"], .missingValue(option: "--run", metavar: "DIR")),
        (["a", "--run", "--steps", "3"], .missingValue(option: "--run", metavar: "DIR")),
        (["a", "--steps", "3"], .missingOption("--run", metavar: "DIR")),
        (["--run", "r"], .missingArgument("INPUT", command: "sample")),
        (["a", "--run", "r", "--steps", "3.5"], .invalidValue(source: "--steps", text: "3.5", expected: "be an integer")),
        (["a", "--run", "r", "--steps", "0"], .invalidValue(source: "--steps", text: "0", expected: "be at least 1")),
        (["a", "--run", "r", "--top-k", "101"], .invalidValue(source: "--top-k", text: "101", expected: "be between 1 and 100")),
        (["a", "--run", "r", "--seed", "-1"], .invalidValue(source: "--seed", text: "-1", expected: "be an integer of at least 0")),
        (["a", "--run", "r", "--learning-rate", "nan"], .invalidValue(source: "--learning-rate", text: "nan", expected: "be a number")),
        (["a", "--run", "r", "--learning-rate", "0"], .invalidValue(source: "--learning-rate", text: "0", expected: "be greater than 0")),
        (["a", "--run", "r", "--fruit", "fig"], .invalidValue(source: "--fruit", text: "fig", expected: "be one of apple, pear, quince")),
        (["a", "--run", "r", "--bf16=maybe"], .invalidValue(source: "--bf16", text: "maybe", expected: "be true or false")),
        (
            ["a", "--run", "r", "--mesh", "data=2,data=4"],
            .invalidValue(source: "--mesh", text: "data=2,data=4", expected: "name data once only")
        ),
    ]

    @Test(arguments: refused)
    func badUsageIsRefused(words: [String], error: UsageError) {
        #expect(throws: error) { try CommandParser(SampleCommand.self).parse(words) }
    }

    @Test(arguments: ["", "data", "data=", "=2", "data=0", "data=-1", "data=2,", "data=2=3", "data=two"])
    func badMeshesAreRefused(text: String) {
        #expect(throws: UsageError.invalidValue(source: "--mesh", text: text, expected: "be names with sizes, such as data=2,tensor=4")) {
            try SampleCommand.parse("a", "--run", "r", "--mesh=\(text)")
        }
    }

    @Test func theHelpNamesEveryDeclaration() {
        let help = HelpText.command(SampleCommand.self)
        #expect(help.hasPrefix("usage: argonne sample --run DIR [options] INPUT [OTHERS…]\n\nDoes nothing with many options.\n"))
        #expect(help.contains("  --steps N                   how many steps (default: 10)\n"))
        #expect(help.contains("  --run DIR                   folder of the run (required)\n"))
        #expect(help.contains("  --fruit apple|pear|quince   which fruit (default: apple)\n"))
        #expect(help.contains("  --mesh NAME=N,…             devices by axis (default: data=1)\n"))
        #expect(help.contains("  --degrees N                 how hot (default: 180)\n  --baking-minutes N          how long\n"))
        #expect(help.contains("  --bf16                      use bfloat16\n"))
        #expect(help.contains("--config FILE"))
        #expect(help.hasSuffix("argonne sample in.txt --run out\n"))
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 110 })
    }
}

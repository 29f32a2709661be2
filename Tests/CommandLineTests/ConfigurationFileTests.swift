import Foundation
import Testing
import argonne

struct ConfigurationFileTests {
    /// Parses with a configuration file of this content.
    private func parse(_ json: String, _ words: String...) throws -> SampleCommand? {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("argonne-\(UUID().uuidString).json")
        try Data(json.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            return try CommandParser(SampleCommand.self).parse(["in", "--config", file.path] + words) as? SampleCommand
        } catch {  // the file's name differs from run to run
            throw Refusal(text: "\(error)".replacingOccurrences(of: file.path, with: "run.json"))
        }
    }

    private struct Refusal: Error, Equatable {
        let text: String
    }

    private let full = """
        {
            // JSON5: comments, bare keys, single quotes, a last comma
            run: 'out', steps: 50, "learning-rate": 3e-4, seed: 18446744073709551615,
            data: ["a", "b"], mesh: {tensor: 2, data: 4}, fruit: "pear", bf16: true,
        }
        """

    @Test func aFileGivesDefaults() throws {
        let command = try #require(try parse(full))
        #expect(command.runFolder == "out")
        #expect(command.steps == 50)
        #expect(command.learningRate == 3e-4)
        #expect(command.seed == .max)
        #expect(command.data == ["a", "b"])
        #expect(command.mesh == ["tensor": 2, "data": 4])
        #expect(command.fruit == .pear)
        #expect(command.bf16)
    }

    @Test func theCommandLineWins() throws {
        let command = try #require(try parse(full, "--steps", "3", "--data", "c", "--bf16=false"))
        #expect(command.steps == 3)
        #expect(command.data == ["c"])
        #expect(!command.bf16)
        #expect(command.fruit == .pear)
    }

    @Test(arguments: [
        ("{run: 'r', stesp: 3}", "run.json: unknown key 'stesp' (did you mean 'steps'?)"),
        ("{run: 'r', config: 'x'}", "run.json: unknown key 'config'"),
        ("{run: 'r', steps: 'many'}", "run.json: steps is 'many' but must be an integer"),
        ("{run: 'r', steps: 0.5}", "run.json: steps is '0.5' but must be an integer"),
        ("{run: 'r', steps: null}", "run.json: 'steps' must be a string, a number, true, false, a list of these, or names with numbers"),
        (
            "{run: 'r', mesh: {data: '2'}}",
            "run.json: 'mesh' must be a string, a number, true, false, a list of these, or names with numbers"
        ),
        ("{run: 'r', data: [['x']]}", "run.json: 'data' must be a string, a number, true, false, a list of these, or names with numbers"),
        ("{run: 'r',\n steps 3}", "run.json: is not valid JSON5: line 2, column 8: ':' was expected after the key 'steps'"),
        ("{run: 'r', run: 's'}", "run.json: is not valid JSON5: line 1, column 12: the key 'run' is there twice"),
        ("[1, 2]", "run.json: must be one JSON5 object of option names and values"),
    ])
    func badFilesAreRefused(json: String, message: String) {
        #expect(throws: Refusal(text: message)) { try parse(json) }
    }

    @Test func aMissingFileIsNamed() throws {
        let error = try #require(throws: UsageError.self) { try SampleCommand.parse("in", "--config", "/nowhere/run.json") }
        #expect("\(error)".hasPrefix("/nowhere/run.json: cannot be read: "))
    }
}

import argonne

enum Fruit: String, CaseIterable, OptionValue {
    case apple, pear, quince
}

/// Options that commands share, with a group in it.
struct Baking: OptionGroup {
    @Option("how hot") var degrees = 180
    var timing = Timing()

    struct Timing: OptionGroup {
        @Option("how long", must: .be(1...)) var bakingMinutes: Int?
    }
}

/// An option of each kind.
struct SampleCommand: Command {
    static let name = "sample"
    static let summary = "Does nothing with many options."
    static let discussion = "example:\n  argonne sample in.txt --run out"

    @Argument("the file to read") var input: String
    @Argument("further files") var others: [String]
    @Option("folder of the run", name: "run", metavar: "DIR") var runFolder: String
    @Option("how many steps", must: .be(1...)) var steps = 10
    @Option("the peak learning rate", must: .bePositive) var learningRate = 0.001
    @Option("the seed") var seed: UInt64?
    @Option("keep the K likeliest", must: .be(1...100)) var topK: Int?
    @Option("shards, which may be named several times for as many patterns as there are folders with files in them", metavar: "GLOB")
    var data: [String]
    @Option("devices by axis") var mesh: NamedSizes = ["data": 1]
    @Option("which fruit") var fruit = Fruit.apple
    var baking = Baking()
    @Option("use bfloat16") var bf16 = false

    func run() throws {}

    /// The command as these words set it.
    static func parse(_ words: String...) throws -> SampleCommand? {
        try CommandParser(SampleCommand.self).parse(words) as? SampleCommand
    }
}

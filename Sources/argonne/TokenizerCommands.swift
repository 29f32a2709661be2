import ArgonneData
import ArgonneTokenizer
import Foundation
import JSON

/// `argonne tokenizer train`: learns a byte-level BPE from shards.
struct TokenizerTrainCommand: Command {
    static let name = "tokenizer train"
    static let summary = "Learn a byte-level BPE tokenizer from shards, as Argonne 1 did."

    @Option("shards to read; repeat for more", metavar: "GLOB") var data: [String]
    @Option("the folder that gets tokenizer.json", metavar: "DIR") var output: String
    @Option("entries, the special tokens and the 256 bytes included", must: .be(262...)) var vocabularySize = 12_000
    @Option("how often a pair must occur to become an entry", must: .be(1...)) var minimumFrequency = 2
    var text = TextOptions()
    @Option("threads", must: .be(1...)) var threads = ProcessInfo.processInfo.activeProcessorCount

    func run() throws {
        guard !data.isEmpty else { throw UsageError.missingOption("--data", metavar: "GLOB") }
        var trainer = TokenizerTrainer(threads: threads)
        trainer.vocabularySize = vocabularySize
        trainer.minimumFrequency = minimumFrequency
        for shard in try Shard.list(matching: data) {
            try shard.forEachText(layout: text.layout) { trainer.add($0) }
        }
        let tokenizer = try trainer.train()
        try tokenizer.save(to: output)
        note("\(grouped(tokenizer.vocabularySize)) entries in \(output)/tokenizer.json")
    }
}

/// `argonne tokenizer encode`: text to ids.
struct TokenizerEncodeCommand: Command {
    static let name = "tokenizer encode"
    static let summary = "Print the ids of a text, or of each line of standard input."

    @Option("a folder with tokenizer.json, or `bytes`", metavar: "DIR|bytes") var tokenizer: String
    @Option("read names of special tokens as those tokens") var special = false
    @Argument("the text") var text: String?

    func run() throws {
        let tokenizer = try Tokenizer(named: self.tokenizer)
        func encode(_ text: String) throws {
            try StandardOutput.write(tokenizer.encode(text, allowSpecial: special).map(String.init).joined(separator: " ") + "\n")
        }
        if let text { return try encode(text) }
        while let line = readLine() { try encode(line) }
    }
}

/// `argonne tokenizer decode`: ids to text.
struct TokenizerDecodeCommand: Command {
    static let name = "tokenizer decode"
    static let summary = "Print the text of ids, or of each line of ids on standard input."

    @Option("a folder with tokenizer.json, or `bytes`", metavar: "DIR|bytes") var tokenizer: String
    @Option("leave special tokens out") var skipSpecial = false
    @Argument("the ids") var ids: [Int]

    func run() throws {
        let tokenizer = try Tokenizer(named: self.tokenizer)
        func decode(_ ids: [Int]) throws {
            if let bad = ids.first(where: { !(0..<tokenizer.vocabularySize).contains($0) }) {
                throw UsageError.conflict("the tokenizer has no entry \(bad); its ids are 0 to \(tokenizer.vocabularySize - 1)")
            }
            try StandardOutput.write(tokenizer.decode(ids.map(Int32.init), skipSpecial: skipSpecial) + "\n")
        }
        if !ids.isEmpty { return try decode(ids) }
        while let line = readLine() {
            try decode(
                try line.split(separator: " ").map { word in
                    guard let id = Int(word) else { throw UsageError.conflict("'\(word)' is not an id") }
                    return id
                })
        }
    }
}

/// `argonne tokenizer inspect`: what a tokenizer is.
struct TokenizerInspectCommand: Command {
    static let name = "tokenizer inspect"
    static let summary = "Say how many entries a tokenizer has and what its special tokens are."

    @Option("a folder with tokenizer.json, or `bytes`", metavar: "DIR|bytes") var tokenizer: String

    func run() throws {
        let tokenizer = try Tokenizer(named: self.tokenizer)
        let name = { (id: Int32?) in id.map { "\($0) \(tokenizer.token(for: $0) ?? "")" } ?? "none" }
        var lines = [
            "\(grouped(tokenizer.vocabularySize)) entries", "beginning of document: \(name(tokenizer.beginningOfDocument))",
            "end of document: \(name(tokenizer.endOfDocument))", "padding: \(name(tokenizer.padding))",
            "fingerprint: \(tokenizer.fingerprint)",
        ]
        let special = (0..<Int32(tokenizer.vocabularySize)).filter(tokenizer.isSpecial)
        lines += special.map { "  \($0) \(tokenizer.token(for: $0) ?? "")" }
        try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    }
}

/// `argonne bench tokenizer`: times encoding, or training.
struct BenchTokenizerCommand: Command {
    static let name = "bench tokenizer"
    static let summary = "Time encoding, or training a tokenizer, on the text of shards; prints one JSON line."

    @Option("a folder with tokenizer.json, to time encoding with", metavar: "DIR") var tokenizer: String?
    @Option("time training a tokenizer of 12,000 entries instead") var train = false
    @Option("threads", must: .be(1...)) var threads = 1
    var text = TextOptions()
    @Argument("shards", metavar: "GLOB") var files: [String]

    func run() throws {
        guard !files.isEmpty else { throw UsageError.missingArgument("GLOB", command: Self.name) }
        let tokenizer = try self.tokenizer.map { try Tokenizer(named: $0) }
        guard (tokenizer == nil) == train else { throw UsageError.conflict("give either --tokenizer DIR or --train") }
        var texts: [String] = []
        for shard in try Shard.list(matching: files) {
            try shard.forEachText(layout: text.layout) { texts += $0 }
        }
        let result =
            if let tokenizer {
                TokenizerBenchmark(tokenizer, texts: texts, threads: threads).json
            } else {
                try TokenizerTrainingBenchmark(texts: texts, threads: threads).json
            }
        try StandardOutput.write("\(result)\n")
    }
}

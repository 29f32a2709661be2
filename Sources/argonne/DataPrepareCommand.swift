import ArgonneData
import ArgonneTokenizer
import Foundation

/// `argonne data prepare`: tokenises shards once.
struct DataPrepareCommand: Command {
    static let name = "data prepare"
    static let summary = "Tokenise shards once, into token shards that training reads without copying."
    static let discussion = "Run again after a stop, it goes on with the shards that are missing. Train with --data 'OUTPUT/*.tokens'."

    @Option("shards to read; repeat for more", metavar: "GLOB") var data: [String]
    @Option("the folder that gets a .tokens file a shard", metavar: "DIR") var output: String
    @Option("a folder with tokenizer.json, or `bytes`", metavar: "DIR|bytes") var tokenizer: String
    var documents = FilterOptions()
    @Option("threads", must: .be(1...)) var workers = ProcessInfo.processInfo.activeProcessorCount

    func run() throws {
        guard !data.isEmpty else { throw UsageError.missingOption("--data", metavar: "GLOB") }
        let preparation = try CorpusPreparation(
            of: data, into: output, tokenizer: Tokenizer(named: tokenizer), layout: documents.layout, filters: documents.filters(),
            workers: workers)
        let isTerminal = isatty(STDERR_FILENO) == 1
        let done = try preparation.run { progress in
            guard isTerminal else { return }
            let share = Double(progress.bytesDone) / Double(max(progress.bytes, 1))
            let line =
                "\r\u{1b}[K\(progress.shardsDone)/\(progress.shards) shards, \(Int(share * 100)) %, \(grouped(progress.counts.tokens)) tokens"
            FileHandle.standardError.write(Data(line.utf8))
        }
        if isTerminal { note("") }
        for broken in done.brokenShards { note("warning: left out: \(broken)") }
        note(
            "\(done.shardsDone) shards in \(output) (\(done.shardsFound) were there): \(grouped(done.counts.documents)) documents, "
                + "\(grouped(done.counts.tokens)) tokens; dropped: \(done.counts.droppedByRule)")
    }
}

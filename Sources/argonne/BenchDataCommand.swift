import ArgonneData
import ArgonneTokenizer
import Foundation

/// `argonne bench data`: how fast batches come.
struct BenchDataCommand: Command {
    static let name = "bench data"
    static let summary = "Time the way from shards, raw or prepared, to batches; prints one JSON line."
    static let discussion = "mb_per_core_second counts the processor time that the threads had; it holds on a busy machine too."

    @Option("shards; repeat for more", metavar: "[NAME=]GLOB[:WEIGHT]") var data: [String]
    @Option("a folder with tokenizer.json, or `bytes`", metavar: "DIR|bytes") var tokenizer = "bytes"
    var documents = FilterOptions()
    @Option("rows that are shuffled at a time; 0 for the order of the shards", must: .be(0...)) var shuffleWindow = 8192
    @Option("sequences in a batch", must: .be(1...)) var batchSize = 8
    @Option("tokens in a sequence", must: .be(1...)) var sequenceLength = 4096
    @Option("threads that filter and tokenise", must: .be(1...)) var workers = 1
    @Option("how long, in seconds", must: .be(0.1...)) var seconds = 10.0

    func run() throws {
        guard !data.isEmpty else { throw UsageError.missingOption("--data", metavar: "GLOB") }
        var corpus = CorpusConfiguration(sources: try DataSource.parse(data))
        corpus.layout = documents.layout
        corpus.filters = try documents.filters()
        corpus.shuffleWindow = shuffleWindow
        let benchmark = try LoaderBenchmark(
            corpus, tokenizer: Tokenizer(named: tokenizer), shape: BatchShape(rows: batchSize, sequenceLength: sequenceLength),
            workers: workers, seconds: seconds)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try StandardOutput.write(String(decoding: encoder.encode(benchmark), as: UTF8.self) + "\n")
    }
}

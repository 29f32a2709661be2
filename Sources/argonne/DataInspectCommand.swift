import ArgonneData
import ArgonneTokenizer
import Foundation

/// `argonne data inspect`: what shards hold.
struct DataInspectCommand: Command {
    static let name = "data inspect"
    static let summary = "Say what shards hold: schema, row groups, rows, characters, tokens, what the filters drop, samples."

    @Option("a folder with tokenizer.json, or `bytes`", metavar: "DIR|bytes") var tokenizer = "bytes"
    @Option("the column of Parquet and Arrow files that holds the text") var textColumn = "text"
    @Option("documents that are shown", must: .be(0...)) var samples = 2
    @Option("print one JSON object a shard") var json = false
    @Argument("shards", metavar: "GLOB") var shards: [String]

    func run() throws {
        guard !shards.isEmpty else { throw UsageError.missingArgument("GLOB", command: Self.name) }
        let tokenizer = try Tokenizer(named: self.tokenizer)
        for shard in try Shard.list(matching: shards) {
            let inspection = try ShardInspection(
                of: shard, tokenizer: tokenizer, layout: TextLayout(textColumn: textColumn), samples: samples)
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                try StandardOutput.write(String(decoding: encoder.encode(inspection), as: UTF8.self) + "\n")
            } else {
                try StandardOutput.write(describe(inspection))
            }
        }
    }

    private func describe(_ shard: ShardInspection) -> String {
        var lines = ["\(shard.path): \(shard.format.rawValue), \(grouped(shard.fileBytes)) bytes"]
        if !shard.fields.isEmpty { lines.append("  columns: " + shard.fields.map { "\($0.name) \($0.typeName)" }.joined(separator: ", ")) }
        if !shard.rowGroups.isEmpty {
            lines.append(
                "  \(shard.rowGroups.count) row groups of \(shard.rowGroups.map { grouped($0.rows) }.joined(separator: ", ")) rows")
        }
        let counts = shard.counts
        lines.append(
            "  \(grouped(counts.rows)) rows, \(grouped(counts.bytes)) bytes of text, \(grouped(shard.characters)) characters; "
                + "\(grouped(counts.documents)) documents, \(grouped(counts.tokens)) tokens")
        let dropped = counts.dropped.filter { $0.value > 0 }.sorted { $0.key.rawValue < $1.key.rawValue }
        lines.append(
            "  dropped: " + (dropped.isEmpty ? "none" : dropped.map { "\($0.value) by \($0.key.rawValue)" }.joined(separator: ", ")))
        for sample in shard.samples {
            let line = sample.split(whereSeparator: \.isNewline).joined(separator: " ")
            lines.append("  > " + (line.count > 160 ? line.prefix(160) + "…" : line))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

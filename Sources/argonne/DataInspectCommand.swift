import ArgonneData
import ArgonneTokenizer
import Foundation

/// `argonne data inspect`: what shards hold.
struct DataInspectCommand: Command {
    static let name = "data inspect"
    static let summary = "Say what shards hold: schema, row groups, rows, characters, tokens, what the filters drop, samples."

    @Option("a folder with tokenizer.json, or `bytes`", metavar: "DIR|bytes") var tokenizer = "bytes"
    var documents = FilterOptions()
    @Option("documents that are shown", must: .be(0...)) var samples = 2
    @Option("print one JSON object a shard") var json = false
    @Argument("shards", metavar: "GLOB") var shards: [String]

    func run() throws {
        guard !shards.isEmpty else { throw UsageError.missingArgument("GLOB", command: Self.name) }
        let tokenizer = try Tokenizer(named: self.tokenizer)
        let filters = try documents.filters()
        let shards = try Shard.list(matching: self.shards)
        var total = (characters: 0, counts: DocumentCounts())
        var brokenShards = 0
        for shard in shards {
            let inspection: ShardInspection
            do throws(DataError) {
                inspection = try ShardInspection(
                    of: shard, tokenizer: tokenizer, layout: documents.layout, filters: filters, samples: samples)
            } catch {
                // The others may be fine, and whoever looks wants to know of each that is not.
                guard shards.count > 1, error.isAboutOneShard else { throw error }
                note("warning: \(error)")
                brokenShards += 1
                continue
            }
            total.characters += inspection.characters
            total.counts += inspection.counts
            try StandardOutput.write(json ? jsonLine(inspection) : text(describe(inspection)))
        }
        if shards.count > 1, brokenShards < shards.count, !json {
            let heading = "together" + (brokenShards > 0 ? ", without those that cannot be read" : "")
            try StandardOutput.write(text(["\(heading):"] + describe(total.counts, characters: total.characters)))
        }
        if brokenShards > 0 { throw UnreadableShards(count: brokenShards, total: shards.count) }
    }

    private func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    private func jsonLine(_ inspection: ShardInspection) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(inspection), as: UTF8.self) + "\n"
    }

    private func describe(_ shard: ShardInspection) -> [String] {
        var lines = ["\(shard.path): \(grouped(shard.fileBytes)) bytes"]
        if !shard.fields.isEmpty { lines.append("  columns: " + shard.fields.map { "\($0.name) \($0.typeName)" }.joined(separator: ", ")) }
        if !shard.rowGroups.isEmpty { lines.append("  " + describe(rowGroups: shard.rowGroups.map(\.rows))) }
        if let preparation = shard.preparation {
            lines.append("  prepared from \(preparation.source) with tokenizer \(preparation.tokenizer.prefix(16))…")
        }
        lines += describe(shard.counts, characters: shard.characters)
        for sample in shard.samples {
            let line = sample.split(whereSeparator: \.isNewline).joined(separator: " ")
            lines.append("  > " + (line.count > 160 ? line.prefix(160) + "…" : line))
        }
        return lines
    }

    private func describe(_ counts: DocumentCounts, characters: Int) -> [String] {
        // Prepared tokens do not tell how many characters they were.
        let size = "\(grouped(counts.bytes)) bytes of text" + (characters > 0 ? ", \(grouped(characters)) characters" : "")
        return [
            "  \(grouped(counts.rows)) rows, \(size); \(grouped(counts.documents)) documents, \(grouped(counts.tokens)) tokens",
            "  dropped: \(counts.droppedByRule)",
        ]
    }

    /// There may be thousands, so that only few are listed one by one.
    private func describe(rowGroups rows: [Int]) -> String {
        let range = "\(grouped(rows.min() ?? 0)) to \(grouped(rows.max() ?? 0))"
        return "\(rows.count) row groups of \(rows.count <= 8 ? rows.map(grouped).joined(separator: ", ") : range) rows"
    }
}

/// Some of several shards could not be read; each has been named.
private struct UnreadableShards: Error, CustomStringConvertible {
    let count: Int
    let total: Int

    var description: String { "\(count) of \(total) shards cannot be read; the warnings say why" }
}

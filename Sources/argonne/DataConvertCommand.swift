import ArgonneData
import Foundation

/// `argonne data convert`: shards of any kind to one Parquet shard.
struct DataConvertCommand: Command {
    static let name = "data convert"
    static let summary = "Write the documents of shards (text, JSON Lines, Arrow, Parquet) to one Parquet shard with a text column."

    @Option("shards to read; repeat for more", metavar: "GLOB") var data: [String]
    @Option("the Parquet file to write", metavar: "FILE") var output: String
    var text = TextOptions()

    func run() throws {
        guard !data.isEmpty else { throw UsageError.missingOption("--data", metavar: "GLOB") }
        var documents = 0
        let writer = try TextColumnWriter(path: output)
        for shard in try Shard.list(matching: data) {
            try shard.forEachText(layout: text.layout) { texts in
                for text in texts { try writer.append(text) }
                documents += texts.count
            }
        }
        try writer.finish()
        note("\(grouped(documents)) documents in \(output)")
    }
}

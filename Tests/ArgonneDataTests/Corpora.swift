import ArgonneData
import ArgonneTokenizer
import Foundation
import TestSupport

/// Files and corpora that the tests make.
enum Corpora {
    /// A document whose text tells which it is, between 20 and 300 bytes long.
    static func document(_ number: Int) -> String {
        var generator = SplitMix64(seed: UInt64(number))
        let words = ["water", "light", "stone", "river", "cloud", "field", "house", "night"]
        let text = (0..<Int.random(in: 3...40, using: &generator)).map { _ in words[Int.random(in: 0..<8, using: &generator)] }
        return "#\(number) " + text.joined(separator: " ")
    }

    /// Writes documents to a Parquet file.
    static func writeParquet(_ path: String, _ documents: [String?], rowsPerGroup: Int = 16) throws {
        let writer = try TextColumnWriter(path: path, rowsPerGroup: rowsPerGroup)
        for document in documents { try writer.append(document) }
        try writer.finish()
    }

    /// Writes `shards` Parquet shards, of `documents` numbered documents each, to `folder/part-N.parquet`.
    static func writeShards(_ folder: String, shards: Int, documents: Int) throws {
        for shard in 0..<shards {
            try writeParquet("\(folder)/part-\(shard).parquet", (0..<documents).map { document(shard * documents + $0) })
        }
    }

    /// A configuration that reads everything in a folder.
    static func configuration(_ folder: String, window: Int = 0) -> CorpusConfiguration {
        var configuration = CorpusConfiguration(sources: [DataSource(patterns: [folder])])
        configuration.shuffleWindow = window
        configuration.filters.minimumTokens = 0
        return configuration
    }

    /// The documents in packed batches of byte tokens, by their numbers.
    static func numbers(in batches: [Batch]) -> [Int] {
        // Each row's last token comes again as the next one's first.
        numbers(
            in: batches.flatMap { batch in
                (0..<batch.shape.rows).flatMap { row in
                    let start = row * (batch.shape.sequenceLength + 1)
                    return batch.tokens[start..<start + batch.shape.sequenceLength]
                }
            })
    }

    /// The documents in a run of byte tokens, by their numbers.
    static func numbers(in tokens: some Sequence<Int32>) -> [Int] {
        Tokenizer.bytes.decode(Array(tokens), skipSpecial: true).split(separator: "#").compactMap { part in
            Int(part.prefix { $0.isNumber })
        }
    }
}

extension BatchLoader {
    /// The next `count` batches.
    func batches(_ count: Int) throws -> [Batch] {
        try (0..<count).compactMap { _ in try next() }
    }

    /// All batches of a finite corpus.
    func allBatches() throws -> [Batch] {
        var batches: [Batch] = []
        while let batch = try next() { batches.append(batch) }
        return batches
    }
}

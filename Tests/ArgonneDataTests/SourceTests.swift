import ArgonneData
import ArgonneTokenizer
import Foundation
import TestSupport
import Testing

/// Every kind of shard must give the same documents.
@Suite struct SourceTests {
    /// Documents that a reader could trip over.
    static let documents: [String?] =
        [
            "plain", nil, "", "caf\u{e9} \u{1F600}", "two\nlines", "a \"quote\" and a \\ and a tab\t",
            String(repeating: "long ", count: 100_000),
        ] + (0..<100).map { "document \($0)" }

    /// The rows of a shard, or of a folder's shards, that have text.
    static func texts(_ path: String, layout: TextLayout = TextLayout()) throws -> [String] {
        try Shard.list(matching: [path]).flatMap { shard in
            try ShardInspection(of: shard, tokenizer: .bytes, layout: layout, filters: .none, samples: .max, workers: 2).samples
        }
    }

    @Test(arguments: ["uncompressed", "snappy", "zstd", "gzip", "brotli", "lz4"], [1, 7, 1000])
    func parquetOfEveryCompressionAndRowGroupSize(codec: String, rowsPerGroup: Int) throws {
        try withTemporaryDirectory { folder in
            let path = "\(folder)/x.parquet"
            let writer = try TextColumnWriter(path: path, compression: .init(stringLiteral: codec), rowsPerGroup: rowsPerGroup)
            for document in Self.documents { try writer.append(document) }
            try writer.finish()
            #expect(try Self.texts(path) == Self.documents.compactMap { $0 }.filter { !$0.isEmpty })
            let description = try ArrowDescription(path: path)
            #expect(description.rows == Self.documents.count)
            #expect(description.rowGroups.count == (Self.documents.count + rowsPerGroup - 1) / rowsPerGroup)
            #expect(description.fields.map(\.name) == ["text"])
        }
    }

    @Test(arguments: [TextColumnWriter.Format.arrowFile, .arrowStream], ["uncompressed", "zstd", "lz4"])
    func arrowFilesAndStreams(format: TextColumnWriter.Format, codec: String) throws {
        try withTemporaryDirectory { folder in
            let path = "\(folder)/x.arrow"
            let writer = try TextColumnWriter(path: path, format: format, compression: .init(stringLiteral: codec), rowsPerGroup: 10)
            for document in Self.documents { try writer.append(document) }
            try writer.finish()
            #expect(try Self.texts(path) == Self.documents.compactMap { $0 }.filter { !$0.isEmpty })
            #expect(try ArrowDescription(path: path).rows == Self.documents.count)
        }
    }

    @Test(arguments: ["plain": "jsonl", "gzip": "jsonl.gz", "zstd": "jsonl.zst"])
    func jsonLinesPlainAndCompressed(key: String, ending: String) throws {
        let golden = try #require(try JSONSerialization.jsonObject(with: Golden.data("jsonlines.json")) as? [String: Any])
        let bytes = try #require((golden[key] as? String).flatMap { Data(base64Encoded: $0) })
        try withTemporaryDirectory { folder in
            try bytes.write(to: URL(fileURLWithPath: "\(folder)/x.\(ending)"))
            #expect(try Self.texts("\(folder)/x.\(ending)") == golden["texts"] as? [String])
        }
    }

    @Test func jsonEscapesAndOddObjects() throws {
        let lines = [
            #"{"text":"\u0041\ud83d\ude00\n\/\b\f\r\t\"\\"}"#, #"{"text":"lone \ud83d end"}"#, #"{"text":"pair \ud83d\u0041"}"#,
            #"  {"other":{"text":"inner","a":[{},[],"]"]},"text":"outer","text":"again"}  "#, #"{"text":null}"#, #"{"other":1}"#, "",
            #"{"te\u0078t":"escaped key"}"#,
        ]
        try withTemporaryDirectory { folder in
            try Data(lines.joined(separator: "\r\n").utf8).write(to: URL(fileURLWithPath: "\(folder)/x.jsonl"))
            #expect(
                try Self.texts("\(folder)/x.jsonl") == [
                    "A\u{1F600}\n/\u{8}\u{C}\r\t\"\\", "lone \u{FFFD} end", "pair \u{FFFD}A", "outer", "escaped key",
                ])
        }
    }

    @Test(arguments: [
        #"{"text":"no end"#, #"{"text" "x"}"#, #"{"text":"x"} {}"#, #"{"text":"bad \q"}"#, #"{"text":"\u12"}"#, #"{"text":5}"#,
        #"["text"]"#,
        "{\"text\":\"a\u{1}b\"}", #"{"text":"x",}"#, #"{"a":tru,"text":"x"}"#,
    ])
    func malformedJSONIsNamedWithItsLine(line: String) throws {
        try withTemporaryDirectory { folder in
            let path = "\(folder)/x.jsonl"
            try Data("{\"text\":\"fine\"}\n\(line)\n".utf8).write(to: URL(fileURLWithPath: path))
            let shard = try Shard(path: path)
            let error = #expect(throws: DataError.self) { try ShardInspection(of: shard, tokenizer: .bytes, workers: 1) }
            #expect("\(try #require(error))".contains("x.jsonl: cannot be read: line 2, byte"))
        }
    }

    @Test func plainTextByLineAndByFile() throws {
        try withTemporaryDirectory { folder in
            try Data("one\r\ntwo\n\nthree, without an end".utf8).write(to: URL(fileURLWithPath: "\(folder)/a.txt"))
            try Data("four\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/b.txt"))
            #expect(try Self.texts(folder) == ["one", "two", "three, without an end", "four"])
            #expect(
                try Self.texts(folder, layout: TextLayout(plainText: .file)) == ["one\r\ntwo\n\nthree, without an end", "four\n"])
        }
    }

    @Test func linesLongerThanTheBuffer() throws {
        try withTemporaryDirectory { folder in
            let lines = [String(repeating: "x", count: 3_000_000), "short", String(repeating: "y", count: 1 << 20), "end"]
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: "\(folder)/a.txt"))
            #expect(try Self.texts("\(folder)/a.txt") == lines)
        }
    }

    @Test func scoresComeFromTheirColumn() throws {
        try withTemporaryDirectory { folder in
            let lines = (0..<20).map { #"{"quality": \#(Double($0) / 10), "text": "document \#($0)"}"# }
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: "\(folder)/x.jsonl"))
            var filters = DocumentFilters.none
            filters.minimumScore = 1.5
            let inspection = try ShardInspection(
                of: Shard(path: "\(folder)/x.jsonl"), tokenizer: .bytes, layout: TextLayout(scoreColumn: "quality"), filters: filters,
                samples: 9)
            #expect(inspection.samples == (15..<20).map { "document \($0)" })
            #expect(inspection.counts.dropped == [.score: 15])
        }
    }
}

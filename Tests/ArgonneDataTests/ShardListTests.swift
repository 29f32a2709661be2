import ArgonneData
import Foundation
import TestSupport
import Testing

@Suite struct ShardListTests {
    @Test func naturalOrderThroughNestedFolders() throws {
        try withTemporaryDirectory { root in
            let files = [
                "a/shard-10.parquet", "a/shard-2.parquet", "a/shard-002b.parquet", "a/b/1.jsonl.gz", "a/b/c/0.arrow", "a2/x.txt",
                "a10/x.txt",
                "a/notes.md", "a/.hidden.parquet",
            ]
            for file in files { try Self.touch("\(root)/\(file)") }
            func list(_ patterns: String...) throws -> [String] {
                try Shard.list(matching: patterns.map { "\(root)/\($0)" }).map { String($0.path.dropFirst(root.count + 1)) }
            }
            #expect(
                try list("") == [
                    "a/b/1.jsonl.gz", "a/b/c/0.arrow", "a/shard-2.parquet", "a/shard-002b.parquet", "a/shard-10.parquet", "a2/x.txt",
                    "a10/x.txt",
                ])
            #expect(try list("a/*.parquet") == ["a/shard-2.parquet", "a/shard-002b.parquet", "a/shard-10.parquet"])
            #expect(try list("a/shard-?.parquet") == ["a/shard-2.parquet"])
            #expect(try list("**/*.{arrow,txt}") == ["a/b/c/0.arrow", "a2/x.txt", "a10/x.txt"])
            #expect(try list("a[0-9]*") == ["a2/x.txt", "a10/x.txt"])
            // Each pattern keeps its place, and a file counts once.
            #expect(try list("a10", "a2/x.txt", "a*/x.txt") == ["a10/x.txt", "a2/x.txt"])
            #expect(throws: DataError.noFiles(pattern: "\(root)/none/*.parquet")) { try list("none/*.parquet") }
            #expect(throws: DataError.noFiles(pattern: "\(root)/none.parquet")) { try list("none.parquet") }
            #expect(throws: DataError.unknownFormat(path: "\(root)/a/notes.md")) { try list("a/notes.md") }
        }
    }

    @Test func formatsByEnding() {
        #expect(Shard.Format(path: "x/train-00000-of-00250.parquet") == .arrow)
        #expect(Shard.Format(path: "x/data.JSONL.zst") == .jsonLines)
        #expect(Shard.Format(path: "x/book.txt.gz") == .text)
        #expect(Shard.Format(path: "x/0.tokens") == .tokens)
        #expect(Shard.Format(path: "x/archive.gz") == nil)
        #expect(Shard.Format(path: "x/table.parquet.gz") == nil)
        #expect(Shard.Format(path: "x.parquet/readme") == nil)
    }

    @Test func dataArguments() throws {
        #expect(try DataSource.parse(["a/*.parquet", "b"]) == [DataSource(name: "data", patterns: ["a/*.parquet", "b"])])
        #expect(
            try DataSource.parse(["web=w/*.parquet:0.5", "math=m:0.25", "web=more:0.5"]) == [
                DataSource(name: "web", patterns: ["w/*.parquet", "more"], weight: 0.5),
                DataSource(name: "math", patterns: ["m"], weight: 0.25),
            ])
        #expect(try DataSource.parse(["/data/dump=CC/x.parquet"]) == [DataSource(patterns: ["/data/dump=CC/x.parquet"])])
        for bad in [["web=x:0"], ["web=x:-1"], ["web=:1"], ["web=x:1", "plain"], ["web=x:2", "web=y:3"]] {
            #expect(throws: DataError.self) { try DataSource.parse(bad) }
        }
    }

    private static func touch(_ path: String) throws {
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: url)
    }
}

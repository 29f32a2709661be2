import ArgonneData
import ArgonneTokenizer
import Foundation
import TestSupport
import Testing

@Suite struct PreparationTests {
    private func files(_ folder: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        return files
    }

    /// Training on prepared tokens must be training on the text.
    @Test func preparedBatchesAreTheRawOnes() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards("\(folder)", shards: 12, documents: 30)
            let progress = try CorpusPreparation(of: [folder], into: "\(folder)/prepared", tokenizer: .bytes, workers: 3).run()
            #expect(progress.shardsDone == 12)
            #expect(progress.counts.rows == 360)
            #expect(progress.bytesDone == progress.bytes)

            let shape = BatchShape(rows: 3, sequenceLength: 64)
            func batches(_ pattern: String) throws -> [Batch] {
                var configuration = Corpora.configuration("\(folder)/\(pattern)", window: 25)
                configuration.filters = .argonne
                configuration.epochs = 2
                configuration.split = HeldOutSplit(share: 0.1, side: .training)
                return try BatchLoader(configuration, tokenizer: .bytes, shape: shape).allBatches()
            }
            let raw = try batches("*.parquet"), prepared = try batches("prepared")
            #expect(raw.map(\.tokens) == prepared.map(\.tokens))
            #expect(raw.map(\.labels) == prepared.map(\.labels))
            #expect(raw.count > 100)
        }
    }

    @Test func filesDoNotDependOnTheWorkersAndAStopIsGoneOnFrom() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 9, documents: 20)
            let one = "\(folder)/one", many = "\(folder)/many"
            _ = try CorpusPreparation(of: ["\(folder)/*.parquet"], into: one, tokenizer: .bytes, workers: 1).run()
            _ = try CorpusPreparation(of: ["\(folder)/*.parquet"], into: many, tokenizer: .bytes, workers: 33).run()
            let whole = try files(one)
            #expect(whole.count == 9)
            #expect(try files(many) == whole)

            // As a kill leaves it: some shards, and a part of one; and a disk that has damaged another.
            try FileManager.default.removeItem(atPath: "\(many)/00003-part-3.tokens")
            try Data("half a shard".utf8).write(to: URL(fileURLWithPath: "\(many)/.00003-part-3.tokens.partial"))
            try #require(whole["00005-part-5.tokens"]).dropLast(7).write(to: URL(fileURLWithPath: "\(many)/00005-part-5.tokens"))
            let progress = try CorpusPreparation(of: ["\(folder)/*.parquet"], into: many, tokenizer: .bytes, workers: 2).run()
            #expect(progress.shardsFound == 7)
            #expect(progress.shardsDone == 9)
            #expect(progress.counts.rows == 40)
            #expect(try files(many) == whole)
        }
    }

    @Test func otherSettingsAndAnotherTokenizerAreRefused() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 1, documents: 20)
            let output = "\(folder)/prepared"
            _ = try CorpusPreparation(of: ["\(folder)/*.parquet"], into: output, tokenizer: .bytes).run()
            let error = #expect(throws: DataError.self) {
                try CorpusPreparation(of: ["\(folder)/*.parquet"], into: output, tokenizer: .bytes, filters: .none).run()
            }
            guard case .otherPreparation = error else { return #expect(Bool(false), "\(String(describing: error))") }

            let other = try Self.otherTokenizer(folder)
            let shape = BatchShape(rows: 1, sequenceLength: 8)
            #expect(
                throws: DataError.otherTokenizer(
                    path: "\(output)/00000-part-0.tokens", found: Tokenizer.bytes.fingerprint, expected: other.fingerprint)
            ) {
                try BatchLoader(Corpora.configuration(output), tokenizer: other, shape: shape)
            }
            #expect(throws: DataError.notText(path: "\(output)/00000-part-0.tokens")) {
                try CorpusPreparation(of: [output], into: "\(folder)/again", tokenizer: .bytes)
            }
            #expect(throws: DataError.notText(path: "\(output)/00000-part-0.tokens")) {
                try Shard.list(matching: [output])[0].forEachText { _ in }
            }

            // The documents of prepared tokens have been chosen: other filters cannot choose again, and must not seem to.
            var configuration = CorpusConfiguration(sources: [DataSource(patterns: [output])])
            _ = try BatchLoader(configuration, tokenizer: .bytes, shape: shape)
            configuration.filters.minimumCharacters = 100
            #expect(throws: DataError.otherFilters(path: "\(output)/00000-part-0.tokens")) {
                try BatchLoader(configuration, tokenizer: .bytes, shape: shape)
            }
            _ = try CorpusPreparation(
                of: ["\(folder)/*.parquet"], into: "\(folder)/filtered", tokenizer: .bytes, filters: configuration.filters
            ).run()
            configuration.sources[0].patterns = ["\(folder)/filtered"]
            _ = try BatchLoader(configuration, tokenizer: .bytes, shape: shape)
        }
    }

    @Test func damageIsFound() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 1, documents: 20)
            _ = try CorpusPreparation(of: ["\(folder)/*.parquet"], into: "\(folder)/prepared", tokenizer: .bytes).run()
            let path = "\(folder)/prepared/00000-part-0.tokens"
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            let shard = try TokenShard(path: path)
            try shard.verify()
            #expect(shard.documentCount == 20)
            #expect(shard.document(3) == [256] + Corpora.document(3).utf8.map(Int32.init) + [257])

            func damage(at offset: Int) throws {
                var bytes = whole
                bytes[offset] ^= 1
                try bytes.write(to: URL(fileURLWithPath: "\(folder)/damaged.tokens"))
            }
            for offset in [0, 8, 12, 16, 30, 40, 50, 63, whole.count - 1, whole.count - 600] {
                try damage(at: offset)
                #expect(throws: DataError.self, "byte \(offset)") { try TokenShard(path: "\(folder)/damaged.tokens") }
            }
            try damage(at: 100)
            #expect(throws: DataError.self) { try TokenShard(path: "\(folder)/damaged.tokens").verify() }
            for count in [0, 10, 64, whole.count - 1] {
                try whole.prefix(count).write(to: URL(fileURLWithPath: "\(folder)/damaged.tokens"))
                #expect(throws: DataError.self, "\(count) bytes") { try TokenShard(path: "\(folder)/damaged.tokens") }
            }
        }
    }

    @Test func brokenShardsAreLeftOutAndUnwritableFoldersAreNamed() throws {
        try withTemporaryDirectory { folder in
            try Corpora.writeShards(folder, shards: 3, documents: 10)
            try Data("junk".utf8).write(to: URL(fileURLWithPath: "\(folder)/part-1.parquet"))
            let progress = try CorpusPreparation(of: ["\(folder)/*.parquet"], into: "\(folder)/prepared", tokenizer: .bytes).run()
            #expect(progress.brokenShards.count == 1)
            #expect(try files("\(folder)/prepared").keys.sorted() == ["00000-part-0.tokens", "00002-part-2.tokens"])
            #expect(throws: DataError.self) {
                try CorpusPreparation(of: ["\(folder)/*.parquet"], into: "\(folder)/part-0.parquet/x", tokenizer: .bytes).run()
            }
        }
    }

    /// Wide tokens, and a fingerprint of its own.
    private static func otherTokenizer(_ folder: String) throws -> Tokenizer {
        let json = """
            {"version": "1.0", "truncation": null, "padding": null, "normalizer": null,
             "added_tokens": [{"id": 70000, "content": "<|endoftext|>", "single_word": false, "lstrip": false, "rstrip": false,
                               "normalized": false, "special": true}],
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
             "post_processor": null, "decoder": {"type": "ByteLevel"},
             "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
                       "fuse_unk": false, "byte_fallback": false, "vocab": {"a": 0, "b": 1}, "merges": []}}
            """
        try FileManager.default.createDirectory(atPath: "\(folder)/tokenizer", withIntermediateDirectories: true)
        try Data(json.utf8).write(to: URL(fileURLWithPath: "\(folder)/tokenizer/tokenizer.json"))
        return try Tokenizer(directory: "\(folder)/tokenizer")
    }
}

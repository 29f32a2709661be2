import Foundation
import TestSupport
import Testing

/// `data inspect`, `data prepare` and the data of `train`, through the tool itself.
@Suite struct DataCommandTests {
    private static let words = ["water", "light", "stone", "river", "cloud", "field", "house", "night"]

    /// A line of words that depends on its number alone.
    private static func line(_ number: Int, words count: Int = 20) -> String {
        var random = SplitMix64(seed: UInt64(number))
        return "\(number): " + (0..<count).map { _ in words[Int(random.next() % 8)] }.joined(separator: " ")
    }

    private func write(_ lines: [String], to path: String) throws {
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: path))
    }

    private func object(_ line: some StringProtocol) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    private func inspect(_ words: [String]) throws -> [[String: Any]] {
        let outcome = try Tool.run(["data", "inspect", "--json"] + words)
        #expect(outcome.status == 0, "\(outcome.error)")
        return try outcome.output.split(separator: "\n").map(object)
    }

    /// Each filter is an option, and each rule's count is told.
    @Test func filtersAreOptionsAndTheirCountsAreTold() throws {
        try withTemporaryDirectory { folder in
            let texts = [
                "short", String(repeating: "long ", count: 40), String(repeating: "a#b#", count: 20), "same|same|same|other and more",
                "a fine document with a low score", "a fine document with a good score",
            ]
            let scores = [0.9, 0.9, 0.9, 0.9, 0.1, 0.9]
            try write(
                zip(texts, scores).map { #"{"text": "\#($0.replacingOccurrences(of: "|", with: "\\n"))", "quality": \#($1)}"# },
                to: folder + "/x.jsonl")
            let shard = try #require(
                try inspect([
                    folder + "/x.jsonl", "--minimum-characters", "10", "--maximum-characters", "100", "--maximum-symbol-share", "0.2",
                    "--maximum-repeated-lines", "0.4", "--score-column", "quality", "--minimum-score", "0.5",
                ]).first)
            let counts = try #require(shard["counts"] as? [String: Any])
            #expect(
                counts["dropped"] as? [String: Int] == ["too_short": 1, "too_long": 1, "symbols": 1, "repeated_lines": 1, "score": 1])
            #expect(counts["documents"] as? Int == 1)
            #expect(shard["samples"] as? [String] == [texts[5]])

            let bare = try Tool.run(["data", "inspect", folder + "/x.jsonl", "--minimum-tokens", "60"])
            #expect(bare.output.contains("6 rows") && bare.output.contains("dropped: 4 by few_tokens"), "\(bare)")

            let path = folder + "/x.jsonl"
            expectFailure(try Tool.run(["data", "inspect", path, "--minimum-score", "1"]), 2, "--minimum-score needs --score-column")
            expectFailure(try Tool.run(["data", "inspect", path, "--score-column", "quality"]), 2, "nothing without --minimum-score")
            expectFailure(
                try Tool.run(["data", "inspect", path, "--minimum-characters", "9", "--maximum-characters", "8"]), 2, "is less than")
            expectFailure(try Tool.run(["data", "inspect", path, "--maximum-symbol-share", "2"]), 2, "between 0.0 and 1.0")
            expectFailure(try Tool.run(["data", "inspect", path, "--score-column", "none", "--minimum-score", "1"]), 1, "\"none\"")
        }
    }

    @Test func aFileOfPlainTextCanBeOneDocument() throws {
        try withTemporaryDirectory { folder in
            try write((0..<7).map { Self.line($0) }, to: folder + "/x.txt")
            for (mode, rows) in ["line": 7, "file": 1] {
                let counts = try inspect([folder + "/x.txt", "--plain-text", mode])[0]["counts"] as? [String: Any]
                #expect(counts?["rows"] as? Int == rows)
            }
            // Preparing and training read the same way: what was prepared with the one is not the other.
            let prepare = ["data", "prepare", "--data", folder + "/x.txt", "--output", folder + "/prepared", "--tokenizer", "bytes"]
            let prepared = try Tool.run(prepare + ["--plain-text", "file"])
            #expect(prepared.status == 0 && prepared.error.contains(": 1 documents, "), "\(prepared)")
            expectFailure(try Tool.run(prepare), 1, "with another layout")
            expectFailure(try Tool.run(["data", "inspect", folder + "/x.txt", "--plain-text", "page"]), 2, "line, file")
        }
    }

    @Test func inspectionNamesBrokenShardsAndGoesOn() throws {
        try withTemporaryDirectory { folder in
            for shard in 0..<3 { try write((0..<5).map { #"{"text": "\#(Self.line($0))"}"# }, to: "\(folder)/\(shard).jsonl") }
            try write([#"{"text": "no end"#], to: folder + "/1.jsonl")
            let outcome = try Tool.run(["data", "inspect", folder])
            expectFailure(outcome, 1, "1 of 3 shards cannot be read")
            #expect(outcome.error.contains("warning: \(folder)/1.jsonl: cannot be read: line 1, byte"))
            #expect(outcome.output.contains("together, without those that cannot be read:\n  10 rows"), "\(outcome.output)")
            expectFailure(try Tool.run(["data", "inspect", folder + "/1.jsonl"]), 1, "1.jsonl: cannot be read: line 1, byte")
            expectFailure(try Tool.run(["data", "inspect", folder + "/none"]), 1, "no data file matches")
            expectFailure(try Tool.run(["data", "inspect"]), 2, "GLOB is missing")
        }
    }

    @Test func tokenizerCommandsRefuseBadInputInOneLine() throws {
        try withTemporaryDirectory { folder in
            try write((0..<50).map { Self.line($0) }, to: folder + "/x.txt")
            try write([], to: folder + "/empty.txt")
            let train = ["tokenizer", "train", "--vocabulary-size", "270", "--data"]
            expectFailure(try Tool.run(train + [folder + "/x.txt", "--output", "/dev/null/x"]), 1, "/dev/null/x")
            expectFailure(try Tool.run(train + [folder + "/empty.txt", "--output", folder + "/t"]), 1, "no text to learn from")
            #expect(try Tool.run(train + [folder + "/x.txt", "--output", folder + "/deep/t"]).status == 0)

            let tokenizer = ["--tokenizer", folder + "/deep/t"]
            let encoded = try Tool.run(["tokenizer", "encode", "stone <pad>", "--special"] + tokenizer)
            #expect(encoded.status == 0 && encoded.output.hasSuffix(" 1\n"), "\(encoded)")
            let decoded = try Tool.run(
                ["tokenizer", "decode"] + tokenizer + encoded.output.split { $0 == " " || $0 == "\n" }.map(String.init))
            #expect(decoded.output == "stone <pad>\n")
            #expect(
                try Tool.run(["tokenizer", "inspect"] + tokenizer).output.contains(
                    "270 entries\nbeginning of document: 0 <|start_of_text|>"))
            expectFailure(try Tool.run(["tokenizer", "decode", "270"] + tokenizer), 2, "no entry 270; its ids are 0 to 269")
            expectFailure(try Tool.run(["tokenizer", "decode", "x"] + tokenizer), 2, "IDS is 'x'")
            expectFailure(try Tool.run(["tokenizer", "encode", "x", "--tokenizer", folder]), 1, "no tokenizer found")

            let shard = folder + "/x.txt"
            let encoding = try object(Tool.run(["bench", "tokenizer", shard] + tokenizer).output)
            let training = try object(Tool.run(["bench", "tokenizer", "--train", shard]).output)
            // The keys that Benchmarks/tokenizer/peers.py prints too.
            let common = ["peer", "threads", "documents", "megabytes"]
            #expect(Set(encoding.keys) == Set(common + ["tokens", "mb_per_second", "mb_per_core_second", "sha256"]))
            #expect(Set(training.keys) == Set(common + ["vocabulary", "seconds", "core_seconds", "fingerprint"]))
            expectFailure(try Tool.run(["bench", "tokenizer", shard]), 2, "either --tokenizer DIR or --train")
        }
    }

    /// Killed at some moment, preparation goes on, and the files are those of a preparation that nobody killed.
    @Test func preparationGoesOnAfterAKill() throws {
        try withTemporaryDirectory { folder in
            for shard in 0..<40 { try write((0..<400).map { Self.line(shard * 400 + $0, words: 120) }, to: "\(folder)/\(shard).txt") }
            func words(_ output: String) -> [String] {
                [
                    "data", "prepare", "--data", folder + "/*.txt", "--output", folder + "/" + output, "--tokenizer", "bytes", "--workers",
                    "1",
                ]
            }
            func files(_ output: String) -> [String] {
                ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/" + output)) ?? []).sorted()
            }
            let killed = try Tool.run(words("killed")) { process in
                while process.isRunning, !files("killed").contains(where: { $0.hasSuffix(".tokens") }) { usleep(100) }
                kill(process.processIdentifier, SIGKILL)
            }
            #expect(killed.status == SIGKILL)
            let before = files("killed").filter { $0.hasSuffix(".tokens") }
            #expect((1..<40).contains(before.count))
            let resumed = try Tool.run(words("killed"))
            #expect(
                resumed.status == 0 && resumed.error.contains("40 shards in \(folder)/killed (\(before.count) were there)"), "\(resumed)")
            #expect(try Tool.run(words("whole")).status == 0)
            #expect(files("whole").count == 40)
            #expect(files("killed") == files("whole"), "nothing half-made is left")
            for name in files("whole") {
                let contents = try ["killed", "whole"].map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)/\(name)")) }
                #expect(contents[0] == contents[1], "\(name)")
            }
        }
    }

    @Test func preparedDataOfAnotherTokenizerIsRefused() throws {
        try withTemporaryDirectory { folder in
            let workshop = try RunTests.Workshop(folder)
            let corpus = folder + "/corpus.txt", prepared = folder + "/prepared"
            let training = ["tokenizer", "train", "--data", corpus, "--output", folder + "/tokenizer", "--vocabulary-size", "262"]
            #expect(try Tool.run(training).status == 0)
            let prepare = ["data", "prepare", "--data", corpus, "--output", prepared, "--tokenizer", folder + "/tokenizer"]
            #expect(try Tool.run(prepare).status == 0)
            let short = ["--steps", "2"]
            expectFailure(try Tool.run(workshop.train(short, data: prepared)), 1, "corpus.tokens: prepared with tokenizer", "this run uses")
            expectFailure(try Tool.run(workshop.train(short + ["--minimum-characters", "50"], data: corpus + ".none")), 1, "no data file")

            // A run that has not taken a step is not in the way of the call that is right.
            let model = try String(contentsOfFile: folder + "/model.json", encoding: .utf8).replacingOccurrences(of: "259", with: "262")
            try Data(model.utf8).write(to: URL(fileURLWithPath: folder + "/model.json"))
            let right = try Tool.run(workshop.train(short + ["--tokenizer", folder + "/tokenizer"], data: prepared))
            #expect(right.status == 0, "\(right.error)")
        }
    }

    @Test func trainingNamesABrokenShardAndGoesOn() throws {
        try withTemporaryDirectory { folder in
            let workshop = try RunTests.Workshop(folder)
            try FileManager.default.createDirectory(atPath: folder + "/shards", withIntermediateDirectories: true)
            for shard in 0..<2 { try write((0..<40).map { Self.line($0) }, to: "\(folder)/shards/\(shard).txt") }
            try write([#"{"text": "no end"#], to: folder + "/shards/bad.jsonl")
            let outcome = try Tool.run(workshop.train(["--steps", "120"], data: folder + "/shards"))
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.error.contains("warning: skipped \(folder)/shards/bad.jsonl: cannot be read: line 1, byte"), "\(outcome.error)")
            let metrics = try String(contentsOfFile: workshop.run + "/metrics.jsonl", encoding: .utf8).split(separator: "\n").map(object)
            #expect(try #require(metrics.last?["broken_shards"] as? Int) > 0)

            for shard in 0..<5 { try write(["{"], to: "\(folder)/shards/bad-\(shard).jsonl") }
            try FileManager.default.removeItem(atPath: workshop.run)
            let ended = try Tool.run(workshop.train(["--steps", "120", "--shuffle-window", "0"], data: folder + "/shards"))
            expectFailure(ended, 1, "5 shards in a row cannot be read; the last: ", "bad")
        }
    }

    /// The log of a run on a mixture says what it read, dropped and waited for; the checkpoint has the same, and each source's place.
    @Test func metricsAndCheckpointsSayWhatWasRead() throws {
        try withTemporaryDirectory { folder in
            let workshop = try RunTests.Workshop(folder)
            try write((0..<300).map { Self.line($0, words: $0 % 3 == 0 ? 1 : 20) }, to: folder + "/web.txt")
            try write((300..<400).map { #"{"text": "\#(Self.line($0))"}"# }, to: folder + "/math.jsonl")
            var words = workshop.train(
                ["--data", "math=\(folder)/math.jsonl:0.25", "--minimum-characters", "20"], data: "web=\(folder)/web.txt:0.75")
            words += ["--steps", "40", "--checkpoint-every", "20"]
            let outcome = try Tool.run(words)
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.error.contains("by too_short; ") && outcome.error.contains(" % of the time was waiting for it"))

            let lines = try String(contentsOfFile: workshop.run + "/metrics.jsonl", encoding: .utf8).split(separator: "\n").map(object)
            #expect(lines.count == 40)
            for line in lines {
                #expect((0...1).contains(try #require(line["data_wait_fraction"] as? Double)))
                #expect(line["epoch"] as? Int == 0 && line["broken_shards"] as? Int == 0)
            }
            let last = try #require(lines.last)
            let dropped = try #require((last["dropped"] as? [String: Int])?["too_short"])
            #expect(dropped > 0)

            let state = try String(contentsOfFile: workshop.run + "/checkpoints/step-00000040/state.json", encoding: .utf8)
            let position = try #require(try object(state)["position"] as? [String: Any])
            let counts = try #require(position["counts"] as? [String: Any])
            #expect(counts["dropped"] as? [String: Int] == ["too_short": dropped])
            #expect(counts["documents"] as? Int == last["documents"] as? Int)
            let sources = try #require(position["sources"] as? [[String: Any]])
            #expect(sources.map { $0["name"] as? String } == ["web", "math"])
            #expect(sources.map { ($0["path"] as? String)?.hasPrefix(folder) } == [true, true])
            let tokens = sources.compactMap { $0["tokens"] as? Int }.map(Double.init)
            #expect(tokens.count == 2 && abs(tokens[0] / (tokens[0] + tokens[1]) - 0.75) < 0.1, "\(tokens)")
        }
    }
}

import Foundation
import TestSupport
import Testing

/// Runs begun, stopped in every way and gone on with, through the tool itself.
@Suite struct RunTests {
    /// A folder with a small corpus and model, for one test.
    struct Workshop {
        let folder: String
        var run: String { folder + "/run" }

        init(_ folder: String) throws {
            self.folder = folder
            let lines = (0..<400).map { "line \($0): " + (0..<20).map { "w\($0 * $0 % 13)" }.joined(separator: " ") }
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/corpus.txt"))
            let model = """
                {"model_type": "llama", "vocab_size": 259, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "head_dim": 8,
                 "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "tie_word_embeddings": true}
                """
            try Data(model.utf8).write(to: URL(fileURLWithPath: folder + "/model.json"))
        }

        func train(_ extra: [String] = [], data: String? = nil) -> [String] {
            [
                "train", "--model", folder + "/model.json", "--data", data ?? folder + "/corpus.txt", "--run", run, "--steps", "60",
                "--batch-size", "4", "--sequence-length", "32", "--checkpoint-every", "2", "--sample-every", "0", "--shuffle-window", "16",
            ] + extra
        }

        /// The losses in the run's log, by step, as they are written there.
        func losses() throws -> [Int: String] {
            let text = try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
            var losses: [Int: String] = [:]
            for line in text.split(separator: "\n") {
                let values = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                guard let step = values?["step"] as? Int, let loss = values?["loss"] as? Double else { continue }
                #expect(losses[step] == nil, "step \(step) is there twice")
                losses[step] = "\(loss) \(values?["grad_norm"] as? Double ?? 0)"
            }
            return losses
        }

        var entries: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: run + "/checkpoints")) ?? []).sorted() }
    }

    private func inWorkshop<Result>(_ body: (Workshop) throws -> Result) throws -> Result {
        try withTemporaryDirectory { try body(Workshop($0)) }
    }

    /// Losses of the run that nobody stops.
    private static let undisturbed = Result {
        try withTemporaryDirectory { folder in
            let workshop = try Workshop(folder)
            let outcome = try Tool.run(workshop.train())
            #expect(outcome.status == 0, "\(outcome.error)")
            return try workshop.losses()
        }
    }

    @Test func learnsAndLeavesItsFiles() throws {
        try inWorkshop { workshop in
            #expect(try Tool.run(workshop.train(["--keep-checkpoints", "3"])).status == 0)
            #expect(workshop.entries == ["step-00000056", "step-00000058", "step-00000060"])
            let chart = try String(contentsOfFile: workshop.run + "/loss.svg", encoding: .utf8)
            #expect(chart.hasPrefix("<svg"))
            let again = try Tool.run(workshop.train())
            #expect(again.status == 1)
            #expect(again.error.contains("holds a run already; go on with `argonne resume"))
            let resumed = try Tool.run(["resume", workshop.run])
            #expect(resumed.status == 0 && resumed.error.contains("nothing is left to do"))
        }
    }

    /// Waits until the run has got as far as `isReached` says, then sends a signal.
    private func signal(_ number: Int32, _ process: Process, when isReached: () -> Bool) {
        let end = Date().addingTimeInterval(120)
        while process.isRunning, Date() < end {
            if isReached() {
                kill(process.processIdentifier, number)
                return
            }
            usleep(200)
        }
    }

    @Test(arguments: [SIGKILL, SIGINT, SIGTERM])
    func goesOnWithTheVerySameLosses(number: Int32) throws {
        try inWorkshop { workshop in
            let stopped = try Tool.run(workshop.train()) { process in
                signal(number, process) {
                    // SIGKILL in the middle of writing a checkpoint, where a new one is being made beside the last.
                    number == SIGKILL
                        ? workshop.entries.contains { $0.hasPrefix(".step-") } && workshop.entries.contains("step-00000004")
                        : workshop.entries.contains("step-00000004")
                }
            }
            if number != SIGKILL { #expect(stopped.status == 0 && stopped.error.contains("argonne resume"), "\(stopped)") }
            let resumed = try Tool.run(["resume", workshop.run])
            #expect(resumed.status == 0, "\(resumed.error)")
            #expect(try workshop.losses() == Self.undisturbed.get())
            #expect(!workshop.entries.contains { $0.hasPrefix(".") }, "nothing half-made is left")
        }
    }

    /// Four times as many devices share each step's sequences from some step on, then half of those: what is read stays the same.
    @Test func goesOnWithTheSameDataOnAnotherMesh() throws {
        try inWorkshop { workshop in
            func stop(at checkpoint: String, _ words: [String]) throws {
                let outcome = try Tool.run(words) { process in signal(SIGINT, process) { workshop.entries.contains(checkpoint) } }
                #expect(outcome.status == 0, "\(outcome.error)")
            }
            try stop(at: "step-00000004", workshop.train())
            try stop(at: "step-00000020", ["resume", workshop.run, "--mesh", "data=4"])
            expectFailure(try Tool.run(["resume", workshop.run, "--mesh", "data=3"]), 1, "4 sequences a step do not divide by data=3")
            let resumed = try Tool.run(["resume", workshop.run, "--mesh", "data=2,tensor=2"])
            #expect(resumed.status == 0 && resumed.error.contains("step 60"), "\(resumed.error)")
            let (losses, undisturbed) = (try workshop.losses(), try Self.undisturbed.get())
            #expect(losses.count == 60)
            func loss(_ text: String?) throws -> Double { try #require(text?.split(separator: " ").first.flatMap { Double($0) }) }
            for step in 1...60 { #expect(try abs(loss(losses[step]) - loss(undisturbed[step])) < 1e-3, "step \(step)") }
        }
    }

    @Test func aDamagedCheckpointIsPassedOver() throws {
        try inWorkshop { workshop in
            #expect(try Tool.run(workshop.train()).status == 0)
            let newest = workshop.run + "/checkpoints/step-00000060/model.safetensors"
            try Data(contentsOf: URL(fileURLWithPath: newest)).dropLast(8).write(to: URL(fileURLWithPath: newest))
            let resumed = try Tool.run(["resume", workshop.run])
            #expect(resumed.status == 0)
            #expect(resumed.error.contains("warning: checkpoint") && resumed.error.contains("step-00000060 is damaged"))
            #expect(try workshop.losses() == Self.undisturbed.get())
        }
    }

    /// Dropout's random numbers follow the step, so a run with it goes on as if nothing had been; on another mesh too.
    @Test func anArgonne1RunGoesOnAndGenerates() throws {
        try inWorkshop { workshop in
            let model = """
                {"model_type": "argonne1", "vocab_size": 259, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64,
                 "activation_function": "gelu", "tie_word_embeddings": false}
                """
            try Data(model.utf8).write(to: URL(fileURLWithPath: workshop.folder + "/gpt.json"))
            let trained = try Tool.run(
                workshop.train(["--model", workshop.folder + "/gpt.json", "--steps", "6", "--mesh", "data=2,tensor=2"]))
            #expect(trained.status == 0, "\(trained.error)")
            let losses = try workshop.losses()
            try FileManager.default.removeItem(atPath: workshop.run + "/checkpoints/step-00000006")
            #expect(try Tool.run(["resume", workshop.run]).status == 0)
            #expect(try workshop.losses() == losses)
            let words = ["generate", "--model", workshop.run, "--prompt", "line 1", "--max-new-tokens", "8", "--seed", "5"]
            let texts = try [Tool.run(words), Tool.run(words + ["--mesh", "tensor=2"])]
            #expect(texts.allSatisfy { $0.status == 0 && $0.output.hasPrefix("line 1") }, "\(texts)")
            #expect(Set(texts.map(\.output)).count == 1)
        }
    }

    @Test func generatesFromItsRun() throws {
        try inWorkshop { workshop in
            #expect(try Tool.run(workshop.train(["--sample-every", "60", "--sample-prompt", "line"])).status == 0)
            let samples = try String(contentsOfFile: workshop.run + "/samples.jsonl", encoding: .utf8)
            #expect(samples.contains("\"step\":60"))
            let words = ["generate", "--model", workshop.run, "--prompt", "line 1", "--max-new-tokens", "8", "--greedy"]
            let texts = try [Tool.run(words), Tool.run(words), Tool.run(words + ["--mesh", "tensor=2"])]
            #expect(texts.allSatisfy { $0.status == 0 && $0.output.hasPrefix("line 1") }, "\(texts)")
            #expect(Set(texts.map(\.output)).count == 1)
        }
    }

    // MARK: - Bad input: one line, a status that is not 0, nothing lost.

    @Test func aMissingFile() throws {
        try inWorkshop { expectFailure(try Tool.run($0.train(data: $0.folder + "/none-*.parquet")), 1, "none-*.parquet") }
    }

    @Test func aTruncatedShard() throws {
        try inWorkshop { workshop in
            let shard = workshop.folder + "/shard.parquet"
            #expect(try Tool.run(["data", "convert", "--data", workshop.folder + "/corpus.txt", "--output", shard]).status == 0)
            try Data(contentsOf: URL(fileURLWithPath: shard)).dropLast(100).write(to: URL(fileURLWithPath: shard))
            expectFailure(try Tool.run(workshop.train(data: shard)), 1, "shard.parquet")
        }
    }

    @Test func aColumnThatIsNotThere() throws {
        try inWorkshop { workshop in
            let shard = workshop.folder + "/shard.parquet"
            #expect(try Tool.run(["data", "convert", "--data", workshop.folder + "/corpus.txt", "--output", shard]).status == 0)
            expectFailure(try Tool.run(workshop.train(["--text-column", "content"], data: shard)), 1, "content", "text")
        }
    }

    @Test func aLossThatIsNotFinite() throws {
        try inWorkshop { workshop in
            let outcome = try Tool.run(workshop.train(["--learning-rate", "1e30", "--warmup-steps", "0", "--clip-norm", "1e30"]))
            expectFailure(outcome, 1, "so training stopped", "--learning-rate")
        }
    }

    @Test func aMeshThatDoesNotDivideHeads() throws {
        try inWorkshop { expectFailure(try Tool.run($0.train(["--mesh", "tensor=3"])), 1, "4 query heads do not divide among 3 devices") }
    }

    @Test func aBatchThatDoesNotDivide() throws {
        try inWorkshop { expectFailure(try Tool.run($0.train(["--mesh", "data=3"])), 2, "--batch-size 4 does not divide") }
    }

    @Test func aPluginThatCannotLoad() throws {
        try inWorkshop { workshop in
            let outcome = try Tool.run(workshop.train(), environment: ["ARGONNE_PJRT_PLUGIN": workshop.folder + "/none.so"])
            expectFailure(outcome, 1, "none.so")
        }
    }

    @Test func aDiskThatIsFull() throws {
        try inWorkshop { workshop in
            // The room of a small memory file system, where one may be mounted.
            try FileManager.default.createDirectory(atPath: workshop.run, withIntermediateDirectories: true)
            let mount = Process()
            mount.executableURL = URL(fileURLWithPath: "/bin/mount")
            mount.arguments = ["-t", "tmpfs", "-o", "size=700k", "tmpfs", workshop.run]
            mount.standardError = FileHandle.nullDevice
            try mount.run()
            mount.waitUntilExit()
            guard mount.terminationStatus == 0 else {
                print("skipped: a file system cannot be mounted here, so no disk can be made full")
                return
            }
            defer {
                let unmount = Process()
                unmount.executableURL = URL(fileURLWithPath: "/bin/umount")
                unmount.arguments = [workshop.run]
                try? unmount.run()
                unmount.waitUntilExit()
            }
            let outcome = try Tool.run(workshop.train())
            expectFailure(outcome, 1, "no space is left on the disk")
            #expect(!workshop.entries.contains { $0.hasPrefix(".") }, "nothing half-made is left: \(workshop.entries)")
            #expect(workshop.entries.contains("step-00000002"), "the checkpoint from before is whole")
        }
    }
}

import ArgonneWeights
import Foundation
import TestSupport
import Testing

struct AtomicDirectoryTests {
    private func files(in folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func change(_ path: String, to text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }

    @Test func aFolderAppearsWhole() throws {
        try withTemporaryDirectory { folder in
            try AtomicDirectory.publish(at: "\(folder)/step-1") { output in
                try output.write("weights", named: "a.bin")
                #expect(try files(in: folder).allSatisfy { $0.hasPrefix(".step-1.partial-") })
                #expect(try files(in: output.path) == ["a.bin"])
                try output.write("state", named: "b.json")
                try output.writeManifest()
            }
            #expect(try files(in: folder) == ["step-1"])
            #expect(try files(in: "\(folder)/step-1") == ["a.bin", "b.json", "manifest.json"])
            let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/step-1")[.posixPermissions] as? Int
            #expect(mode == 0o755)
        }
    }

    @Test func anOldFolderIsReplacedWhole() throws {
        try withTemporaryDirectory { folder in
            let path = "\(folder)/step-1"
            try AtomicDirectory.publish(at: path) { try $0.write("old", named: "old") }
            try AtomicDirectory.publish(at: path + "/") { try $0.write("new", named: "new") }
            #expect(try files(in: path) == ["new"])
            #expect(try files(in: folder) == ["step-1"])
        }
    }

    @Test func aFailureLeavesNoTraceAndKeepsTheOldFolder() throws {
        struct Failure: Error {}
        try withTemporaryDirectory { folder in
            let path = "\(folder)/step-1"
            try AtomicDirectory.publish(at: path) { try $0.write("old", named: "old") }
            #expect(throws: Failure.self) {
                try AtomicDirectory.publish(at: path) { output in
                    try output.write("new", named: "new")
                    try output.write(named: "half") { file in
                        try file.write("some")
                        throw Failure()
                    }
                }
            }
            #expect(try files(in: folder) == ["step-1"])
            #expect(try files(in: path) == ["old"])
            #expect(throws: WeightsError.unwritable(path: "/nowhere/x", reason: "No such file or directory")) {
                try AtomicDirectory.publish(at: "/nowhere/x") { _ in }
            }
        }
    }

    /// What a process that was killed leaves is removed, what a living one is writing is not.
    @Test func leftoversAreRemoved() throws {
        try withTemporaryDirectory { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/.step-2.partial-abc/deep", withIntermediateDirectories: true)
            try change("\(folder)/.step-2.partial-abc/deep/file", to: "x")
            try FileManager.default.createDirectory(atPath: "\(folder)/.hidden", withIntermediateDirectories: false)
            try AtomicDirectory.publish(at: "\(folder)/step-3") { output in
                #expect(try AtomicDirectory.removeLeftovers(in: folder) == [".step-2.partial-abc"])
                try output.write("x", named: "x")
            }
            #expect(try files(in: folder) == [".hidden", "step-3"])
            #expect(try AtomicDirectory.removeLeftovers(in: folder) == [])
        }
    }

    /// A link to the device that is always full stands where the file's temporary name will be.
    @Test func aFullDiskIsNamedAndLeavesNoTrace() throws {
        try withTemporaryDirectory { folder in
            let error = try #require(throws: WeightsError.self) {
                try AtomicDirectory.publish(at: "\(folder)/step-1") { output in
                    try FileManager.default.createSymbolicLink(
                        atPath: "\(output.path)/.a.bin.partial", withDestinationPath: "/dev/full")
                    try output.write("weights", named: "a.bin")
                }
            }
            guard case .diskFull(let path) = error else { return #expect(Bool(false), "\(error)") }
            #expect(path.hasSuffix("/a.bin"))
            #expect(try files(in: folder).isEmpty)
        }
    }

    @Test func damageIsFoundByTheManifest() throws {
        try withTemporaryDirectory { folder in
            let path = "\(folder)/step-1"
            try AtomicDirectory.publish(at: path) { output in
                try output.write(String(repeating: "weights", count: 300_000), named: "a.bin")
                try output.write("state", named: "b.json")
                try output.writeManifest()
            }
            let manifest = try Manifest(directory: path)
            #expect(manifest.entries.map(\.name) == ["a.bin", "b.json"])
            #expect(manifest.entries.map(\.byteCount) == [2_100_000, 5])
            try manifest.verify(directory: path)

            try change("\(path)/b.json", to: "stale")
            var error = try #require(throws: WeightsError.self) { try manifest.verify(directory: path) }
            #expect("\(error)".hasPrefix("\(path)/b.json is damaged: its checksum is "))
            try change("\(path)/b.json", to: "sta")
            error = try #require(throws: WeightsError.self) { try manifest.verify(directory: path) }
            #expect(error == .damaged(file: "\(path)/b.json", reason: "it has 3 bytes where 5 were written"))
            try FileManager.default.removeItem(atPath: "\(path)/b.json")
            error = try #require(throws: WeightsError.self) { try manifest.verify(directory: path) }
            #expect(error == .unreadable(path: "\(path)/b.json", reason: "No such file or directory"))
        }
    }

    @Test(arguments: [
        "", "{}", "{\"files\": []}", "{\"files\": [{\"name\": \"../x\", \"bytes\": 1, \"xxh64\": \"0\"}]}", "{\"files\": [3]}",
    ])
    func badManifestsAreRefused(json: String) throws {
        try withTemporaryDirectory { folder in
            try change("\(folder)/manifest.json", to: json)
            let error = try #require(throws: WeightsError.self) { try Manifest(directory: folder) }
            #expect("\(error)".hasPrefix("\(folder)/manifest.json is malformed: "))
        }
    }
}

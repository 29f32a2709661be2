import Foundation
import PJRT
import SPMD
import StableHLO
import TestSupport
import Testing

@Suite struct ProgramCacheTests {
    private func run(_ folder: String, factor: Double, capacity: Int = 64) throws -> (isFromCache: Bool, values: [Float]) {
        let runtime = try Runtime(
            client: TestClient.shared, mesh: Mesh(data: 2), cache: ProgramCache(folder: folder, capacity: capacity))
        let graph = Graph()
        let x = graph.parameter("x", [3], .f32)
        let program = try runtime.compile(graph, results: [(x * factor, .replicated)])
        return (program.isFromCache, try program([runtime.array([Float(1), 2, 3], shape: [3])])[0].values())
    }

    @Test func aSecondStartTakesTheCompiledProgram() throws {
        try withTemporaryDirectory { folder in
            let (first, second) = (try run(folder, factor: 2), try run(folder, factor: 2))
            #expect(!first.isFromCache && second.isFromCache)
            #expect(first.values == [2, 4, 6] && second.values == first.values)
            let other = try run(folder, factor: 3)
            #expect(!other.isFromCache && other.values == [3, 6, 9])
        }
    }

    @Test func aDamagedEntryIsCompiledAnew() throws {
        try withTemporaryDirectory { folder in
            _ = try run(folder, factor: 2)
            for entry in try FileManager.default.contentsOfDirectory(atPath: folder) {
                try Data("nonsense".utf8).write(to: URL(fileURLWithPath: folder + "/" + entry))
            }
            let again = try run(folder, factor: 2)
            #expect(!again.isFromCache && again.values == [2, 4, 6])
        }
    }

    @Test func aFolderThatCannotBeWrittenIsNoError() throws {
        #expect(try run("/proc/none", factor: 2).values == [2, 4, 6])
    }

    @Test func oldEntriesGo() throws {
        try withTemporaryDirectory { folder in
            for factor in 1...4 { _ = try run(folder, factor: Double(factor), capacity: 2) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
        }
    }
}

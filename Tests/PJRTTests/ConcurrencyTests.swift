import PJRT
import TestSupport
import Testing

@Suite struct ConcurrencyTests {
    /// Two threads use one client and one executable at once, as a training loop and an evaluation do.
    @Test func twoTasksShareAClient() async throws {
        let client = try TestClient.shared
        let device = try TestClient.device
        let executable = try client.compile(Programs.sumAndProduct)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<2 {
                group.addTask {
                    for step in 0..<200 {
                        let x = Float(task * 1000 + step)
                        let a = try client.buffer(from: [x, x, x, x], shape: [4], device: device)
                        let b = try client.buffer(from: [1, 2, 3, 4] as [Float], shape: [4], device: device)
                        let results = try executable.execute([[a, b]])[0]
                        #expect(try results[0].copyToHost() == [x + 1, x + 2, x + 3, x + 4])
                        #expect(try results[1].copyToHost() == [x, 2 * x, 3 * x, 4 * x])
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Two programs with collectives at once: a device that meets them in another order than its peers would wait for ever.
    @Test func collectivesFromTwoTasks() async throws {
        let client = try TestClient.shared
        let groups = [[[0, 1, 2, 3, 4, 5, 6, 7]], [[0, 1, 2, 3], [4, 5, 6, 7]]]
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for groups in groups {
                let executable = try client.compile(Programs.allReduce(groups: groups), options: CompileOptions(replicas: 8))
                let size = Float(groups[0].count)
                tasks.addTask {
                    for step in 0..<50 {
                        let values = [Float(step), 1, 2, 3]
                        let arguments = try client.devices.map { [try client.buffer(from: values, shape: [4], device: $0)] }
                        let result = try executable.execute(arguments)[7][0]
                        #expect(try result.copyToHost() == values.map { $0 * size })
                    }
                }
            }
            try await tasks.waitForAll()
        }
    }

    @Test func compilesFromSeveralTasks() async throws {
        let client = try TestClient.shared
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for size in 2..<6 {
                group.addTask { try client.compile(Programs.matmul(size, size, size)).fingerprint() }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(names.count == 4)
    }

    /// Buffers shared by two tasks of which one donates them: one of the two must win, and the other get an error.
    @Test func aRaceForADonatedBufferIsAnError() async throws {
        let client = try TestClient.shared
        let device = try TestClient.device
        let executable = try client.compile(Programs.donatedStep(count: 64))
        for _ in 0..<50 {
            let state = try client.buffer(from: [Float](repeating: 0, count: 64), shape: [64], device: device)
            let delta = try client.buffer(from: [Float(1)], shape: [], device: device)
            let successes = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<2 { group.addTask { (try? executable.execute([[state, delta]])[0][1].copyToHost(as: Float.self)) == [64] } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(successes == 1)
        }
    }
}

import Foundation
import PJRT
import Synchronization
import TestSupport
import Testing

/// Every C object must be freed, once, and not before its users: a training run makes hundreds each step, for weeks.
@Suite struct LifetimeTests {
    private func newClient(devices: Int = 1) throws -> Client {
        try Client(plugin: TestClient.shared.plugin, options: ["device_count": .int(devices)])
    }

    private var residentBytes: Int {
        get throws {
            let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
            return try #require(Int(fields[1])) * Int(getpagesize())
        }
    }

    @Test func allHandlesAreFreed() throws {
        let client = try newClient(devices: 2)
        #expect(client.liveHandleCount == 0)
        do {
            let executable = try client.compile(Programs.allReduce(groups: [[0, 1]]), options: CompileOptions(replicas: 2))
            let arguments = try client.devices.map { [try client.buffer(from: [1, 2, 3, 4] as [Float], shape: [4], device: $0)] }
            let execution = try executable.executeWithCompletions(arguments)
            let copy = try execution.outputs[1][0].startCopyToHost(as: Float.self)
            #expect(client.liveHandleCount == 2 + 2 + 2 + 2 + 1)
            #expect(try copy.values() == [2, 4, 6, 8])
            for event in execution.completions { try event.await() }
            // Failures must free what was made before them.
            #expect(throws: PJRTError.self) { try executable.execute([arguments[0]]) }
            #expect(throws: PJRTError.self) { try client.compile("nonsense") }
        }
        #expect(client.liveHandleCount == 0)
    }

    @Test func theClientOutlivesWhatUsesIt() throws {
        weak var observed: Client?
        let result: Buffer = try {
            let client = try newClient()
            observed = client
            return try client.compile(Programs.iota).execute([[]])[0][0]
        }()
        #expect(observed != nil)
        #expect(try result.copyToHost(as: Int32.self).count == 6)
        withExtendedLifetime(result) {}
    }

    @Test func theClientIsClosedAfterItsLastUser() throws {
        weak var observed: Client?
        do {
            let client = try newClient()
            observed = client
            let buffer = try client.buffer(from: [Float(1)], shape: [], device: client.devices[0])
            #expect(try buffer.copyToHost() == [Float(1)])
        }
        #expect(observed == nil)
    }

    @Test func aThousandStepsKeepMemoryFlat() throws {
        let client = try newClient()
        let device = client.devices[0]
        let count = 1 << 18  // 1 MiB of state: a leak of one in a hundred would show
        let executable = try client.compile(Programs.donatedStep(count: count))
        let handles = client.liveHandleCount
        var state = try client.buffer(from: [Float](repeating: 0, count: count), shape: [count], device: device)
        func run(_ steps: Int) throws {
            for _ in 0..<steps {
                let delta = try client.buffer(from: [Float(1)], shape: [], device: device)
                let results = try executable.execute([[state, delta]])[0]
                state = results[0]
                _ = try results[1].startCopyToHost(as: Float.self)
                _ = try results[1].copyToHost(as: Float.self)
            }
        }
        try run(100)
        let before = try residentBytes
        try run(1000)
        // Other tests run in the same process, so the bound is far above their noise and far below a thousand states.
        #expect(try residentBytes - before < 256 << 20)
        #expect(client.liveHandleCount == handles + 1)
        #expect(try state.copyToHost(as: Float.self)[count - 1] == 1100)
    }

    @Test func callbacksRunOnceAndAreFreed() throws {
        final class Token: Sendable {}
        let client = try newClient()
        let calls = Mutex(0)
        weak var observed: Token?
        do {
            let token = Token()
            observed = token
            let event = try client.compile(Programs.iota).execute([[]])[0][0].ready()
            try event.onReady { error in
                withExtendedLifetime(token) { calls.withLock { $0 += error == nil ? 1 : 100 } }
            }
            try event.await()
        }
        // The callback may come just after the waiter wakes.
        for _ in 0..<1000 where observed != nil { usleep(1000) }
        #expect(calls.withLock { $0 } == 1)
        #expect(observed == nil)
    }
}

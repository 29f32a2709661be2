import PJRT
import TestSupport
import Testing

/// A thread on which `while` runs from 0 to 100 and `dot` within it from 10 to 40 and from 50 to 90, beside an event that is no operation.
@Suite struct TraceTests {
    private func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        let length = bytes.count < 128 ? [UInt8(bytes.count)] : [UInt8(bytes.count & 127 | 128), UInt8(bytes.count >> 7)]
        return [UInt8(number << 3 | 2)] + length + bytes
    }
    private func field(_ number: Int, _ value: UInt8) -> [UInt8] { [UInt8(number << 3), value] }
    private func name(_ number: Int, _ key: UInt8, _ name: String) -> [UInt8] {
        field(number, field(1, key) + field(2, field(2, Array(name.utf8))))
    }

    private func event(_ name: UInt8, _ start: UInt8, _ duration: UInt8, _ statistic: [UInt8]?) -> [UInt8] {
        field(4, field(1, name) + field(2, start) + field(3, duration) + (statistic.map { field(4, $0) } ?? []))
    }

    private func trace(_ plane: String) -> Trace {
        let loop = field(1, 7) + field(7, 8)  // a reference to a name
        let dot = field(1, 7) + field(5, Array("dot".utf8))  // the text itself
        let line = event(1, 0, 100, loop) + event(2, 10, 30, dot) + event(2, 50, 40, dot) + event(3, 95, 5, nil)
        let space = field(
            1,
            field(2, Array(plane.utf8)) + field(3, line) + name(4, 1, "thunk") + name(4, 3, "kernel") + name(5, 7, "hlo_op")
                + name(5, 8, "while"))
        return Trace(bytes: space)
    }

    @Test func timeWithinAnotherOperationCountsOnce() {
        let operations = trace("/host:CPU").operations()
        #expect(operations.map(\.name) == ["dot", "while"])
        #expect(operations.map(\.count) == [2, 1])
        #expect(abs(operations[0].seconds - 70e-12) < 1e-15)
        #expect(abs(operations[1].seconds - 30e-12) < 1e-15)
    }

    @Test func kernelsOfADeviceCountWithoutAnOperationToo() {
        #expect(trace("/device:GPU:0").operations().map(\.name) == ["dot", "while", "kernel"])
    }

    @Test func bytesThatAreNoTraceHoldNoOperations() {
        #expect(Trace(bytes: Array("nonsense".utf8)).operations().isEmpty)
        #expect(Trace(bytes: []).operations().isEmpty)
    }

    @Test func theProcessorsOperationsAreRecorded() throws {
        let client = try TestClient.shared
        let device = try TestClient.device
        let executable = try client.compile(Programs.matmul(64, 256, 64))
        let a = try client.buffer(from: [Float](repeating: 1, count: 64 * 256), shape: [64, 256], device: device)
        let b = try client.buffer(from: [Float](repeating: 1, count: 256 * 64), shape: [256, 64], device: device)
        let operations = try ProfilerAccess.exclusively {
            let profiler = try Profiler(client.plugin)
            for _ in 0..<3 { _ = try executable.execute([[a, b]])[0][0].copyToHost() as [Float] }
            return try profiler.stop().operations()
        }
        #expect(operations.contains { $0.name.contains("dot") && $0.count >= 3 && $0.seconds > 0 }, "\(operations)")
    }
}

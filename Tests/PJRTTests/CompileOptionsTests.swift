import PJRT
import TestSupport
import Testing

/// The golden bytes were written by Google's protobuf library for Python from the same field numbers.
@Suite struct CompileOptionsTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func oneReplica() {
        #expect(
            hex(CompileOptions().encoded(deviceIDs: [0])) == "1a1d08ffffffffffffffffff01200128014a09080110011a030a0100b80101")
    }

    @Test func replicasProcessesLevelAndEveryKindOfFlag() {
        var options = CompileOptions(replicas: 3, flags: ["a": true, "b": -3, "c": .double(0.5), "d": "LIBRARY", "e": false])
        options.optimizationLevel = .o1
        #expect(
            hex(options.encoded(deviceIDs: [5, 300, 7], processIndex: 1, processCount: 2))
                == "1a2608ffffffffffffffffff01200328014a0c080310011a060a0405ac0207b00101b80102c001133a070a0161120210013a100a0162120b18fdffff"
                + "ffffffffffff013a0e0a0163120921000000000000e03f3a0e0a016412090a074c4942524152593a070a016512021000")
    }

    @Test(arguments: [CompileOptions(replicas: 0), CompileOptions(replicas: 9), CompileOptions(replicas: -1)])
    func refusesReplicasWithoutDevices(options: CompileOptions) throws {
        let client = try TestClient.shared
        let error = #expect(throws: PJRTError.self) { try client.compile(Programs.iota, options: options) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("\(options.replicas) replicas") == true)
    }

    @Test func refusesOneDeviceTwice() throws {
        let client = try TestClient.shared
        let options = CompileOptions(devices: [try TestClient.device, try TestClient.device])
        let error = #expect(throws: PJRTError.self) { try client.compile(Programs.iota, options: options) }
        #expect(error?.message.contains("a device of its own") == true)
    }
}

import CPJRT
import Foundation
import PJRT
import TestSupport
import Testing

@Suite struct PluginTests {
    @Test func aMissingFile() {
        let error = #expect(throws: PJRTError.self) { try Plugin.load(path: "/nowhere/plugin.so") }
        #expect(error?.description.contains("/nowhere/plugin.so") == true)
        #expect(error?.code == .unavailable)
    }

    @Test func aFileThatIsNotALibrary() throws {
        let path = NSTemporaryDirectory() + "not-a-library-\(UUID().uuidString).so"
        try Data("text".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: PJRTError.self) { try Plugin.load(path: path) }
        #expect(error?.description.contains(path) == true)
    }

    @Test func aLibraryThatIsNotAPlugin() {
        let error = #expect(throws: PJRTError.self) { try Plugin.load(path: "libm.so.6") }
        #expect(error?.message.contains("GetPjrtApi") == true)
        #expect(error?.code == .unimplemented)
    }

    @Test func loadingTwiceGivesTheSamePlugin() throws {
        let plugin = try TestClient.shared.plugin
        #expect(try Plugin.load(path: plugin.path) === plugin)
        #expect(plugin.apiVersion.major == 0)
        #expect(plugin.apiVersion.minor > 0)
    }

    /// Beyond an older plugin's table lies memory that is not a function.
    @Test func entriesBeyondAnOlderPluginsTableAreAbsent() throws {
        var table = PJRT_Api()
        let known = try #require(MemoryLayout<PJRT_Api>.offset(of: \.PJRT_Client_Compile))
        let functions = withUnsafeMutableBytes(of: &table) { bytes in
            bytes.initializeMemory(as: UInt8.self, repeating: 0xEE)
            bytes.storeBytes(of: known, as: Int.self)
            return bytes.baseAddress.map { CFunctions(copying: $0) }
        }
        let copy = try #require(functions?.table)
        #expect(copy.pointee.PJRT_Client_Create != nil)
        #expect(copy.pointee.PJRT_Client_Compile == nil)
        #expect(copy.pointee.PJRT_Event_Set == nil)
    }

    @Test func anUnknownOptionIsRefused() throws {
        let plugin = try TestClient.shared.plugin
        let error = #expect(throws: PJRTError.self) { try Client(plugin: plugin, options: ["no_such_option": .string("x")]) }
        #expect(error?.message.contains("no_such_option") == true)
    }

    @Test func devices() throws {
        let client = try TestClient.shared
        #expect(client.platformName == "cpu")
        #expect(!client.platformVersion.isEmpty)
        #expect(client.processIndex == 0)
        #expect(client.devices.map(\.id) == Array(0..<8))
        #expect(client.addressableDevices == client.devices)
        #expect(Set(client.devices).count == 8)
        for device in client.devices {
            #expect(!device.kind.isEmpty)
            #expect(!device.description.isEmpty)
            #expect(device.localHardwareID != nil)
            #expect(device.processIndex == 0)
        }
        let memory = try client.devices[0].memoryStats()
        #expect((memory?.bytesInUse ?? -1) >= 0)
    }
}

@Suite struct TopologyTests {
    @Test func aPluginThatTakesNoDescriptionsSaysSo() throws {
        let plugin = try TestClient.shared.plugin
        #expect(throws: PJRTError.self) { try Topology(plugin: plugin, options: ["topology": .string("1x1x8")]) }
    }
}

import CPJRT
import Synchronization

/// A plugin's devices, opened for use. Buffers, executables and events keep their client alive.
public final class Client: Sendable {
    /// The plugin that runs the devices.
    public let plugin: Plugin
    /// The platform, for example "cpu" or "cuda".
    public let platformName: String
    /// The platform's version in the plugin's words.
    public let platformVersion: String
    /// This process's number among those that share the run; 0 where there is one.
    public let processIndex: Int
    nonisolated(unsafe) let handle: OpaquePointer
    private let records: [DeviceRecord]
    private let liveHandles = Atomic<Int>(0)
    private let launches = Mutex(())

    /// Opens the plugin's devices.
    ///
    /// - Parameters:
    ///   - plugin: the loaded plugin.
    ///   - options: the plugin's own; the CPU plugin has `device_count`, the CUDA plugin for example `memory_fraction`,
    ///     `preallocate` and `visible_devices`.
    /// - Throws: ``PJRTError``, also for an option that the plugin does not know.
    public init(plugin: Plugin, options: [String: ClientOption] = [:]) throws(PJRTError) {
        let functions = plugin.functions
        let table = functions.table
        let attempt = "open the devices of \(plugin.path)"
        let created = try options.withCValues { (values) throws(PJRTError) in
            try functions.call(table.pointee.PJRT_Client_Create, attempt) {
                $0.create_options = values.baseAddress
                $0.num_options = values.count
            }
        }
        guard let handle = created.client else { throw PJRTError(.internal, "the plugin returned no client", attempt: attempt) }
        do throws(PJRTError) {
            let name = try functions.call(table.pointee.PJRT_Client_PlatformName, attempt) { $0.client = handle }
            let version = try functions.call(table.pointee.PJRT_Client_PlatformVersion, attempt) { $0.client = handle }
            let process = try functions.call(table.pointee.PJRT_Client_ProcessIndex, attempt) { $0.client = handle }
            let list = try functions.call(table.pointee.PJRT_Client_Devices, attempt) { $0.client = handle }
            var records: [DeviceRecord] = []
            for device in UnsafeBufferPointer(start: list.devices, count: list.num_devices) {
                if let device { records.append(try DeviceRecord(device, functions)) }
            }
            self.records = records
            platformName = String(bytes: name.platform_name, count: name.platform_name_size)
            platformVersion = String(bytes: version.platform_version, count: version.platform_version_size)
            processIndex = Int(process.process_index)
        } catch {
            functions.destroy(table.pointee.PJRT_Client_Destroy) { $0.client = handle }
            throw error
        }
        self.plugin = plugin
        self.handle = handle
    }

    deinit {
        plugin.functions.destroy(plugin.functions.table.pointee.PJRT_Client_Destroy) { $0.client = handle }
    }

    /// All devices of the run, those of other processes included.
    public var devices: [Device] { records.map { Device(client: self, record: $0) } }

    /// The devices that this process gives work to.
    public var addressableDevices: [Device] { devices.filter(\.isAddressable) }

    func device(_ handle: OpaquePointer) -> Device? {
        records.first { $0.handle == handle }.map { Device(client: self, record: $0) }
    }
}

extension Client {
    /// Launches a program on several devices. Programs from two threads must reach all devices in the same order: else one device would
    /// wait in the first program's collective, and another in the second's.
    func inLaunchOrder(_ body: () throws(PJRTError) -> Void) throws(PJRTError) {
        try launches.withLock { (_) throws(PJRTError) in try body() }
    }

    /// The number of C objects now owned by Swift objects of this client; tests watch it return to zero.
    package var liveHandleCount: Int { liveHandles.load(ordering: .relaxed) }

    func countHandle() { liveHandles.add(1, ordering: .relaxed) }

    /// Calls the destructor of an object that ``countHandle()`` counted.
    func free<Arguments>(_ function: CFunctions.Function<Arguments>?, _ fill: (inout Arguments) -> Void) {
        plugin.functions.destroy(function, fill)
        liveHandles.subtract(1, ordering: .relaxed)
    }
}

import CPJRT

/// One device of a ``Client``: a GPU, or the whole or a virtual part of the processor.
public struct Device: Sendable {
    /// The client that the device belongs to.
    public let client: Client
    let record: DeviceRecord

    /// The device's number, unique among all processes of the run.
    public var id: Int { record.id }
    /// The model, for example "NVIDIA H100 80GB HBM3" or "cpu".
    public var kind: String { record.kind }
    /// The process that the device is attached to.
    public var processIndex: Int { record.processIndex }
    /// The driver's number of the device, or nil for a device of another process.
    public var localHardwareID: Int? { record.localHardwareID }
    /// Whether this process can give work to the device.
    public var isAddressable: Bool { record.isAddressable }
    /// Properties that the plugin tells, for example `compute_capability` and `core_count` on a GPU.
    public var attributes: [String: NamedValue] { record.attributes }

    /// What the device's allocator has in use, or nil where the platform keeps no such figures (the CPU).
    public func memoryStats() throws(PJRTError) -> MemoryStats? {
        let functions = client.plugin.functions
        do throws(PJRTError) {
            return MemoryStats(
                try functions.call(functions.table.pointee.PJRT_Device_MemoryStats, "read the memory in use on \(self)") {
                    $0.device = record.handle
                })
        } catch {
            if error.code == .unimplemented { return nil }
            throw error
        }
    }
}

extension Device: Hashable, CustomStringConvertible {
    /// The plugin's short name for the device.
    public var description: String { record.description }

    /// Whether both are the same device of the same client.
    public static func == (one: Device, other: Device) -> Bool { one.record.handle == other.record.handle }

    /// Hashes the device's identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(record.handle) }
}

/// A device's properties, read once. The handle is the client's and lives as long as it.
struct DeviceRecord: @unchecked Sendable {
    let handle: OpaquePointer
    let id: Int
    let kind: String
    let description: String
    let processIndex: Int
    let isAddressable: Bool
    let localHardwareID: Int?
    let attributes: [String: NamedValue]

    init(_ device: OpaquePointer, _ functions: CFunctions) throws(PJRTError) {
        let attempt = "describe a device"
        let table = functions.table
        let found = try functions.call(table.pointee.PJRT_Device_GetDescription, attempt) { $0.device = device }.device_description
        let kind = try functions.call(table.pointee.PJRT_DeviceDescription_Kind, attempt) { $0.device_description = found }
        let text = try functions.call(table.pointee.PJRT_DeviceDescription_ToString, attempt) { $0.device_description = found }
        let attributes = try functions.call(table.pointee.PJRT_DeviceDescription_Attributes, attempt) { $0.device_description = found }
        handle = device
        id = Int(try functions.call(table.pointee.PJRT_DeviceDescription_Id, attempt) { $0.device_description = found }.id)
        processIndex = Int(
            try functions.call(table.pointee.PJRT_DeviceDescription_ProcessIndex, attempt) { $0.device_description = found }.process_index)
        isAddressable = try functions.call(table.pointee.PJRT_Device_IsAddressable, attempt) { $0.device = device }.is_addressable
        localHardwareID =
            isAddressable
            ? Int(try functions.call(table.pointee.PJRT_Device_LocalHardwareId, attempt) { $0.device = device }.local_hardware_id) : nil
        self.kind = String(bytes: kind.device_kind, count: kind.device_kind_size)
        description = String(bytes: text.to_string, count: text.to_string_size)
        self.attributes = Dictionary(copying: attributes.attributes, count: attributes.num_attributes)
    }
}

import CPJRT

/// An array in a device's memory. Its contents never change: a program that is given it as a donated argument deletes it instead.
public final class Buffer: Sendable {
    /// The element type and shape.
    public let type: BufferType
    /// The device whose memory holds the array.
    public let device: Device
    nonisolated(unsafe) let handle: OpaquePointer

    init(adopting handle: OpaquePointer, type: BufferType, device: Device) {
        self.handle = handle
        self.type = type
        self.device = device
        device.client.countHandle()
    }

    deinit {
        client.free(functions.table.pointee.PJRT_Buffer_Destroy) { $0.buffer = handle }
    }

    /// The client that owns the device.
    public var client: Client { device.client }
    /// The type of each element.
    public var elementType: ElementType { type.elementType }
    /// The size of each dimension, the slowest-varying first; empty for a scalar.
    public var shape: [Int] { type.shape }
    /// Bytes of the array in host memory, densely packed.
    public var byteCount: Int { type.byteCount }

    var functions: CFunctions { client.plugin.functions }

    /// Whether the memory was given up, through ``delete()`` or by donation to a program.
    public var isDeleted: Bool {
        // An error is possible only for a plugin without the function; a later use then reports it.
        (try? functions.call(functions.table.pointee.PJRT_Buffer_IsDeleted, "look at a buffer") { $0.buffer = handle }.is_deleted) ?? false
    }

    /// Gives up the device memory now, or when the work that uses it is done. Deleting twice is no error.
    public func delete() throws(PJRTError) {
        try functions.call(functions.table.pointee.PJRT_Buffer_Delete, "delete \(self)") { $0.buffer = handle }
    }

    /// The completion of the work that produces the contents, with its error if that fails.
    public func ready() throws(PJRTError) -> Event {
        let attempt = "compute \(self)"
        try requireContents(attempt)
        return try event(
            functions.call(functions.table.pointee.PJRT_Buffer_ReadyEvent, attempt) { $0.buffer = handle }.event, attempt)
    }

    /// Copies the array to another device of the same client.
    public func copy(to destination: Device) throws(PJRTError) -> Buffer {
        let attempt = "copy \(self) to \(destination)"
        try requireContents(attempt)
        guard destination.client === client else {
            throw PJRTError(.invalidArgument, "the device belongs to another client", attempt: attempt)
        }
        let copied = try functions.call(functions.table.pointee.PJRT_Buffer_CopyToDevice, attempt) {
            $0.buffer = handle
            $0.dst_device = destination.record.handle
        }
        guard let copy = copied.dst_buffer else { throw PJRTError(.internal, "the plugin returned no buffer", attempt: attempt) }
        return Buffer(adopting: copy, type: type, device: destination)
    }

    func requireContents(_ attempt: @autoclosure () -> String) throws(PJRTError) {
        if isDeleted {
            throw PJRTError(
                .failedPrecondition, "its memory was deleted, or donated to a program that has run: use that program's result instead",
                attempt: attempt())
        }
    }

    func event(_ handle: OpaquePointer?, _ attempt: String) throws(PJRTError) -> Event {
        guard let handle else { throw PJRTError(.internal, "the plugin returned no event", attempt: attempt) }
        return Event(adopting: handle, client: client, attempt: attempt)
    }
}

extension Buffer: CustomStringConvertible {
    /// As in "f32[2,3] on CpuDevice(id=0)".
    public var description: String { "\(type) on \(device)" }
}

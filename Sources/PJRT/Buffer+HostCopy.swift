import CPJRT

extension Buffer {
    /// Waits for the contents and copies them to the host, in row-major order.
    ///
    /// - Throws: ``PJRTError`` where `Scalar` is not the element type, the buffer was donated, or the work that computes it failed.
    public func copyToHost<Scalar: HostScalar>(as: Scalar.Type = Scalar.self) throws(PJRTError) -> [Scalar] {
        try requireElementType(Scalar.self)
        var failure: PJRTError?
        let values = [Scalar](unsafeUninitializedCapacity: type.elementCount) { memory, count in
            do throws(PJRTError) {
                try copy(into: UnsafeMutableRawBufferPointer(memory))
                count = type.elementCount
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return values
    }

    /// Waits for the contents and copies them to `memory`, dense and in row-major order.
    ///
    /// - Throws: ``PJRTError`` where `memory` is smaller than ``byteCount``, and as for ``copyToHost(as:)``.
    public func copy(into memory: UnsafeMutableRawBufferPointer) throws(PJRTError) {
        try startCopy(into: memory).await()
    }

    /// Starts copying the contents to the host and returns at once, so that a step's loss can be read while the next step runs.
    ///
    /// - Throws: as ``copyToHost(as:)``; failures of the work itself are thrown by ``HostCopy/values()``.
    public func startCopyToHost<Scalar: HostScalar>(as: Scalar.Type = Scalar.self) throws(PJRTError) -> HostCopy<Scalar> {
        try requireElementType(Scalar.self)
        let memory = HostMemory(byteCount: byteCount)
        let event = try startCopy(into: memory.bytes)
        // The device writes until the event is ready, whether or not anyone still wants the values.
        try event.onReady { _ in withExtendedLifetime(memory) {} }
        return HostCopy(memory: memory, count: type.elementCount, event: event)
    }

    private func startCopy(into memory: UnsafeMutableRawBufferPointer) throws(PJRTError) -> Event {
        let attempt = "copy \(self) to the host"
        try requireContents(attempt)
        guard memory.count >= byteCount else {
            throw PJRTError(.invalidArgument, "it needs \(byteCount) bytes, and \(memory.count) were given", attempt: attempt)
        }
        // Without a layout the device's own would be used, which the compiler chose.
        let minorToMajor = (0..<shape.count).reversed().map(Int64.init)
        let nothing: UInt8 = 0
        let copied = try minorToMajor.withUnsafeBufferPointer { (minorToMajor) throws(PJRTError) in
            try functions.withPadded(PJRT_Buffer_MemoryLayout.self) {
                $0.type = PJRT_Buffer_MemoryLayout_Type_Tiled
                $0.tiled.struct_size = MemoryLayout<PJRT_Buffer_MemoryLayout_Tiled>.size
                $0.tiled.minor_to_major = minorToMajor.baseAddress
                $0.tiled.minor_to_major_size = minorToMajor.count
            } body: { (layout) throws(PJRTError) in
                try withUnsafePointer(to: nothing) { (nothing) throws(PJRTError) in
                    try functions.call(functions.table.pointee.PJRT_Buffer_ToHostBuffer, attempt) {
                        $0.src = handle
                        $0.host_layout = layout
                        // A null destination would only ask for the size.
                        $0.dst = memory.baseAddress ?? UnsafeMutableRawPointer(mutating: nothing)
                        $0.dst_size = memory.count
                    }
                }
            }
        }
        return try event(copied.event, attempt)
    }

    private func requireElementType<Scalar: HostScalar>(_: Scalar.Type) throws(PJRTError) {
        guard elementType == Scalar.elementType else {
            throw PJRTError(
                .invalidArgument, "its elements are \(elementType.rawValue), and \(Scalar.elementType.rawValue) were asked for",
                attempt: "copy \(self) to the host")
        }
    }
}

/// A copy from a device to the host that may still be under way.
public struct HostCopy<Scalar: HostScalar>: Sendable {
    fileprivate let memory: HostMemory
    fileprivate let count: Int
    /// The copy's completion.
    public let event: Event

    /// Waits for the copy and returns the values, in row-major order.
    ///
    /// - Throws: ``PJRTError`` where the work that computes them failed.
    public func values() throws(PJRTError) -> [Scalar] {
        try event.await()
        return Array(UnsafeRawBufferPointer(memory.bytes).bindMemory(to: Scalar.self).prefix(count))
    }
}

/// Host memory that a device writes to.
private final class HostMemory: Sendable {
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 64) }

    deinit { bytes.deallocate() }
}

import CPJRT

extension Client {
    /// Copies values to a device. The caller may change or free its memory as soon as the call returns.
    ///
    /// - Parameters:
    ///   - values: elements in row-major order.
    ///   - shape: the size of each dimension; empty for a scalar.
    ///   - device: one of this client's addressable devices.
    /// - Throws: ``PJRTError`` where the shape does not hold as many values, or the device is out of memory.
    public func buffer<Scalar: HostScalar>(from values: [Scalar], shape: [Int], device: Device) throws(PJRTError) -> Buffer {
        try values.withUnsafeBufferPointer { (values) throws(PJRTError) in
            try buffer(from: UnsafeRawBufferPointer(values), elementType: Scalar.elementType, shape: shape, device: device)
        }
    }

    /// Copies raw memory to a device. The caller may change or free it as soon as the call returns.
    ///
    /// - Parameters:
    ///   - bytes: elements in row-major order, dense, in the machine's byte order.
    ///   - elementType: the type of each element.
    ///   - shape: the size of each dimension; empty for a scalar.
    ///   - device: one of this client's addressable devices.
    /// - Throws: ``PJRTError`` where the size is not the shape's, or the device is out of memory.
    public func buffer(
        from bytes: UnsafeRawBufferPointer, elementType: ElementType, shape: [Int], device: Device
    ) throws(PJRTError) -> Buffer {
        let type = BufferType(elementType, shape)
        let attempt = "copy \(type) to \(device)"
        guard let needed = type.checkedByteCount else {
            throw PJRTError(.invalidArgument, "there is no array of this shape", attempt: attempt)
        }
        guard bytes.count == needed else {
            throw PJRTError(.invalidArgument, "the shape needs \(needed) bytes, and \(bytes.count) were given", attempt: attempt)
        }
        guard device.client === self, device.isAddressable else {
            throw PJRTError(.invalidArgument, "the device is not one of this client's addressable devices", attempt: attempt)
        }
        let functions = plugin.functions
        let dimensions = shape.map(Int64.init)
        // An empty array has no memory, and plugins want an address all the same.
        let nothing: UInt8 = 0
        let copied = try dimensions.withUnsafeBufferPointer { (dimensions) throws(PJRTError) in
            try withUnsafePointer(to: nothing) { (nothing) throws(PJRTError) in
                try functions.call(functions.table.pointee.PJRT_Client_BufferFromHostBuffer, attempt) {
                    $0.client = handle
                    $0.data = bytes.baseAddress ?? UnsafeRawPointer(nothing)
                    $0.type = elementType.bufferType
                    $0.dims = dimensions.baseAddress
                    $0.num_dims = dimensions.count
                    $0.host_buffer_semantics = PJRT_HostBufferSemantics_kImmutableOnlyDuringCall
                    $0.device = device.record.handle
                }
            }
        }
        if let event = copied.done_with_host_buffer {
            functions.destroy(functions.table.pointee.PJRT_Event_Destroy) { $0.event = event }
        }
        guard let buffer = copied.buffer else { throw PJRTError(.internal, "the plugin returned no buffer", attempt: attempt) }
        return Buffer(adopting: buffer, type: type, device: device)
    }
}

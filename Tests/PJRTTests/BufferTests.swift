import PJRT
import TestSupport
import Testing

@Suite struct BufferTests {
    private func roundTrip<Scalar: HostScalar & Equatable>(_ values: [Scalar]) throws {
        let client = try TestClient.shared
        let device = try TestClient.device
        let buffer = try client.buffer(from: values, shape: [2, values.count / 2], device: device)
        #expect(buffer.type == BufferType(Scalar.elementType, [2, values.count / 2]))
        #expect(try buffer.copyToHost(as: Scalar.self) == values)
        // Through a program too, which must agree about the element type.
        let executable = try client.compile(Programs.copy("tensor<2x\(values.count / 2)x\(Scalar.elementType.mlirName)>"))
        #expect(executable.outputs == [buffer.type])
        let results = try executable.execute([[buffer]])
        #expect(try results[0][0].copyToHost(as: Scalar.self) == values)
    }

    @Test func everyElementType() throws {
        try roundTrip([0.1, -1e300, .infinity, .leastNonzeroMagnitude] as [Double])
        try roundTrip([0.1, -1e38, .infinity, .leastNonzeroMagnitude] as [Float])
        try roundTrip([0.1, -65504, .infinity, 6e-8] as [Float16])
        try roundTrip([0.1, -1e38, 3, 1e-30].map { BFloat16($0) })
        try roundTrip([.min, -1, 0, .max] as [Int64])
        try roundTrip([.min, -1, 0, .max] as [Int32])
        try roundTrip([.min, -1, 0, .max] as [Int16])
        try roundTrip([.min, -1, 0, .max] as [Int8])
        try roundTrip([.min, 1, 2, .max] as [UInt64])
        try roundTrip([.min, 1, 2, .max] as [UInt32])
        try roundTrip([.min, 1, 2, .max] as [UInt16])
        try roundTrip([.min, 1, 2, .max] as [UInt8])
        try roundTrip([true, false, false, true])
    }

    @Test func scalarsAndEmptyArrays() throws {
        let client = try TestClient.shared
        let scalar = try client.buffer(from: [Float(2.5)], shape: [], device: TestClient.device)
        #expect(try scalar.copyToHost() == [Float(2.5)])
        let empty = try client.buffer(from: [Float](), shape: [3, 0], device: TestClient.device)
        #expect(try empty.copyToHost() == [Float]())
        #expect(try empty.startCopyToHost(as: Float.self).values().isEmpty)
    }

    @Test func aProgramsResultIsReadInRowMajorOrder() throws {
        let executable = try TestClient.shared.compile(Programs.iota)
        let result = try executable.execute([[]])[0][0]
        #expect(result.shape == [2, 3])
        #expect(try result.copyToHost() == [0, 1, 2, 3, 4, 5] as [Int32])
    }

    /// The copy must be finished with the caller's memory when it returns.
    @Test func hostMemoryMayChangeAtOnce() throws {
        let client = try TestClient.shared
        let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1 << 18)
        defer { memory.deallocate() }
        memory.initialize(repeating: 1)
        let buffer = try client.buffer(
            from: UnsafeRawBufferPointer(memory), elementType: .f32, shape: [1 << 18], device: TestClient.device)
        memory.update(repeating: 2)
        #expect(try buffer.copyToHost(as: Float.self).allSatisfy { $0 == 1 })
    }

    @Test func aWrongShapeIsRefused() throws {
        let client = try TestClient.shared
        for shape in [[3], [-1, -4], [2, 3], [.max, 4], [.min, 0]] {
            let error = #expect(throws: PJRTError.self) {
                try client.buffer(from: [Float](repeating: 0, count: 4), shape: shape, device: TestClient.device)
            }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test func aWrongElementTypeOrTooLittleMemoryIsRefused() throws {
        let buffer = try TestClient.shared.buffer(from: [1, 2] as [Int32], shape: [2], device: TestClient.device)
        let error = #expect(throws: PJRTError.self) { try buffer.copyToHost(as: Float.self) }
        #expect(error?.message.contains("i32") == true && error?.message.contains("f32") == true)
        var small: Int32 = 0
        let tooSmall = #expect(throws: PJRTError.self) { try withUnsafeMutableBytes(of: &small) { try buffer.copy(into: $0) } }
        #expect(tooSmall?.message.contains("8 bytes") == true)
    }

    @Test func copiesToAnotherDevice() throws {
        let client = try TestClient.shared
        let buffer = try client.buffer(from: [1, 2, 3] as [Float], shape: [3], device: client.devices[0])
        let copy = try buffer.copy(to: client.devices[5])
        #expect(copy.device.id == 5)
        #expect(try copy.copyToHost() == [1, 2, 3] as [Float])
    }

    @Test func aDeletedBufferSaysSo() throws {
        let client = try TestClient.shared
        let buffer = try client.buffer(from: [1, 2] as [Float], shape: [2], device: TestClient.device)
        #expect(!buffer.isDeleted)
        try buffer.delete()
        try buffer.delete()
        #expect(buffer.isDeleted)
        for use in [
            { _ = try buffer.copyToHost(as: Float.self) }, { _ = try buffer.ready() }, { _ = try buffer.copy(to: client.devices[1]) },
        ] {
            let error = #expect(throws: PJRTError.self) { try use() }
            #expect(error?.message.contains("deleted") == true)
        }
    }

    @Test func anotherClientsDeviceIsRefused() throws {
        let client = try TestClient.shared
        let other = try Client(plugin: client.plugin)
        #expect(other.devices.count == 1)
        let error = #expect(throws: PJRTError.self) { try client.buffer(from: [Float(1)], shape: [], device: other.devices[0]) }
        #expect(error?.code == .invalidArgument)
    }
}

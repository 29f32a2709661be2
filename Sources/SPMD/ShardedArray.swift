import PJRT
import StableHLO

/// A global tensor that lies on the devices of a mesh, each holding the part that the sharding gives it.
public struct ShardedArray: Sendable {
    /// Global shape and element type.
    public let type: TensorType
    /// How it is divided.
    public let sharding: Sharding
    /// The devices' grid.
    public let mesh: Mesh
    /// Each device's part, by replica number.
    public let buffers: [Buffer]

    /// A tensor whose parts are on their devices already.
    public init(type: TensorType, sharding: Sharding, mesh: Mesh, buffers: [Buffer]) {
        self.type = type
        self.sharding = sharding
        self.mesh = mesh
        self.buffers = buffers
    }

    /// Calls `body` with each distinct part: its device's replica number, where it begins and its shape.
    private func forEachPart<Failure: Error>(_ body: (Int, [Int], [Int]) throws(Failure) -> Void) throws(Failure) {
        var seen: Set<[Int]> = []
        for replica in buffers.indices {
            let offset = sharding.offset(of: replica, in: type.shape, on: mesh)
            if seen.insert(offset).inserted { try body(replica, offset, buffers[replica].shape) }
        }
    }

    /// Copies the global tensor, row-major, into host memory of exactly its size. Replicated parts are read once.
    public func copy(into memory: UnsafeMutableRawBufferPointer) throws(PJRTError) {
        if buffers[0].shape == type.shape {
            try buffers[0].copy(into: memory)
            return
        }
        let bytes = type.element.byteCount
        try forEachPart { (replica, offset, shape) throws(PJRTError) in
            let size = shape.reduce(bytes, *)
            let part = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
            defer { part.deallocate() }
            try buffers[replica].copy(into: part)
            Self.forEachRow(of: shape, at: offset, in: type.shape, bytes: bytes) { local, global, count in
                UnsafeMutableRawBufferPointer(rebasing: memory[global..<(global + count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: part[local..<(local + count)]))
            }
        }
    }

    /// The global tensor as an array, row-major.
    public func values<Scalar: HostScalar>(as: Scalar.Type = Scalar.self) throws(PJRTError) -> [Scalar] {
        if buffers[0].shape == type.shape { return try buffers[0].copyToHost() }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: type.byteCount, alignment: 64)
        defer { memory.deallocate() }
        try copy(into: memory)
        return Array(memory.bindMemory(to: Scalar.self))
    }

    /// Calls `body` for each contiguous run that a part shares with the whole: byte offsets in the part and in the whole, and a byte count.
    static func forEachRow(
        of part: [Int], at offset: [Int], in whole: [Int], bytes: Int, _ body: (_ local: Int, _ global: Int, _ count: Int) -> Void
    ) {
        // The innermost dimensions that are whole, and one more, form one run.
        var inner = part.count
        var run = bytes
        while inner > 0 {
            inner -= 1
            run *= part[inner]
            if part[inner] != whole[inner] { break }
        }
        let rows = part[..<inner].reduce(1, *)
        for row in 0..<rows {
            var (rest, global, stride) = (row, 0, bytes)
            var index = Array(repeating: 0, count: inner)
            for dimension in (0..<inner).reversed() {
                index[dimension] = rest % part[dimension]
                rest /= part[dimension]
            }
            for dimension in whole.indices.reversed() {
                global += (offset[dimension] + (dimension < inner ? index[dimension] : 0)) * stride
                stride *= whole[dimension]
            }
            body(row * run, global, run)
        }
    }
}

extension Runtime {
    /// Puts a global tensor, row-major in host memory, on the devices.
    /// - Throws: `MeshError` where the shape does not divide, `PJRTError` where a copy fails.
    public func array(from memory: UnsafeRawBufferPointer, type: TensorType, sharding: Sharding = .replicated) throws -> ShardedArray {
        let local = try sharding.localShape(of: type.shape, on: mesh)
        var buffers: [Buffer] = []
        for (replica, device) in devices.enumerated() {
            if local == type.shape {
                buffers.append(try client.buffer(from: memory, elementType: type.element, shape: local, device: device))
                continue
            }
            let part = UnsafeMutableRawBufferPointer.allocate(byteCount: local.reduce(type.element.byteCount, *), alignment: 64)
            defer { part.deallocate() }
            let offset = sharding.offset(of: replica, in: type.shape, on: mesh)
            ShardedArray.forEachRow(of: local, at: offset, in: type.shape, bytes: type.element.byteCount) { local, global, count in
                UnsafeMutableRawBufferPointer(rebasing: part[local..<(local + count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[global..<(global + count)]))
            }
            buffers.append(try client.buffer(from: UnsafeRawBufferPointer(part), elementType: type.element, shape: local, device: device))
        }
        return ShardedArray(type: type, sharding: sharding, mesh: mesh, buffers: buffers)
    }

    /// The same from an array of numbers.
    public func array<Scalar: HostScalar>(_ values: [Scalar], shape: [Int], sharding: Sharding = .replicated) throws -> ShardedArray {
        try values.withUnsafeBytes { try array(from: $0, type: TensorType(shape, Scalar.elementType), sharding: sharding) }
    }
}

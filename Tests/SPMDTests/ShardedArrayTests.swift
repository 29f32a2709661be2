import PJRT
import SPMD
import StableHLO
import TestSupport
import Testing

@Suite struct ShardedArrayTests {
    static let mesh = Mesh(data: 2, tensor: 4)
    static let shape = [4, 8, 3]
    static let numbers = (0..<96).map { Float($0) }

    private func runtime() throws -> Runtime { try Runtime(client: TestClient.shared, mesh: Self.mesh) }

    @Test(arguments: [Sharding.replicated, .split(0, .data), .split(1, .tensor), .split(0, .tensor), .split(1, .data)])
    func roundTrip(sharding: Sharding) throws {
        let array = try runtime().array(Self.numbers, shape: Self.shape, sharding: sharding)
        #expect(try array.values() == Self.numbers)
        let local = try sharding.localShape(of: Self.shape, on: Self.mesh)
        #expect(array.buffers.allSatisfy { $0.shape == local })
        #expect(sharding.globalShape(of: local, on: Self.mesh) == Self.shape)
    }

    @Test func partsAreWhatTheShardingSays() throws {
        let array = try runtime().array(Self.numbers, shape: Self.shape, sharding: .split(1, .tensor))
        // Device 6 is third along the tensor axis: rows 4 and 5 of each of the four matrices.
        let part: [Float] = try array.buffers[6].copyToHost()
        #expect(part == (0..<4).flatMap { matrix in (12..<18).map { Float(matrix * 24 + $0) } })
    }

    @Test func whatDoesNotDivideIsRefused() throws {
        let error = #expect(throws: MeshError.self) { try Sharding.split(2, .tensor).localShape(of: Self.shape, on: Self.mesh, named: "w") }
        #expect(error?.description == "w: dimension 2 of shape [4, 8, 3] does not divide by the 4 devices of axis tensor")
    }

    /// A program sees its part and its place; results make up a global tensor again.
    @Test func aProgramOnAllDevices() throws {
        let runtime = try runtime()
        let graph = Graph()
        let x = graph.parameter("x", [4, 2, 3], .f32)
        let place = Self.mesh.coordinate(along: .tensor, in: graph).converted(to: .f32)
        let program = try runtime.compile(graph, results: [(x * 2 + place, .split(1, .tensor))])
        let results = try program([runtime.array(Self.numbers, shape: Self.shape, sharding: .split(1, .tensor))])
        #expect(results[0].type == TensorType(Self.shape, .f32))
        // Of 24 numbers of a matrix, six in a row are one device's.
        let expected = (0..<96).map { (index: Int) -> Float in Float(index * 2 + index % 24 / 6) }
        #expect(try results[0].values() == expected)
    }

    @Test func moreDevicesThanThereAreIsRefused() {
        let error = #expect(throws: MeshError.self) { try Runtime(client: TestClient.shared, mesh: Mesh(data: 16)) }
        #expect(error?.description.contains("needs 16 devices and cpu has 8") == true)
    }
}

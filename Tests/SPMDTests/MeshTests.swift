import SPMD
import Testing

@Suite struct MeshTests {
    @Test(arguments: [
        ("data=2,tensor=4", Mesh(data: 2, tensor: 4)), ("tensor=8", Mesh(tensor: 8)), ("3", Mesh(data: 3)), (" data = 2 ", Mesh(data: 2)),
    ])
    func parsing(text: String, mesh: Mesh) throws {
        #expect(try Mesh(parsing: text) == mesh)
        #expect(try Mesh(parsing: mesh.description) == mesh)
    }

    @Test(arguments: ["tensor=0", "tensor=x", "rows=2", "tensor=2,tensor=4", "tensor=2=3"])
    func badMeshesAreRefused(text: String) {
        let error = #expect(throws: MeshError.self) { try Mesh(parsing: text) }
        #expect(error?.description.hasPrefix("mesh \(text): ") == true)
    }

    /// Neighbours along the tensor axis have neighbouring numbers; each device is in one group of each axis.
    @Test func groups() {
        let mesh = Mesh(data: 2, tensor: 3)
        #expect(mesh.groups(along: .tensor).groups == [[0, 1, 2], [3, 4, 5]])
        #expect(mesh.groups(along: .data).groups == [[0, 3], [1, 4], [2, 5]])
        #expect((0..<6).map { mesh.coordinate(of: $0, along: .data) } == [0, 0, 0, 1, 1, 1])
        #expect((0..<6).map { mesh.coordinate(of: $0, along: .tensor) } == [0, 1, 2, 0, 1, 2])
    }
}

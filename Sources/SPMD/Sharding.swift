/// How a global tensor is divided among the devices of a mesh: for some of its dimensions, the axis along which parts are dealt out.
/// Devices that differ only along other axes hold the same part.
public struct Sharding: Hashable, Sendable {
    private let axes: [Int: MeshAxis]

    /// Every device holds the whole.
    public static let replicated = Sharding([:])

    private init(_ axes: [Int: MeshAxis]) { self.axes = axes }

    /// One dimension divided along an axis.
    public static func split(_ dimension: Int, _ axis: MeshAxis) -> Sharding { Sharding([dimension: axis]) }

    /// The same with one more dimension divided, along another axis.
    public func splitting(_ dimension: Int, _ axis: MeshAxis) -> Sharding { Sharding(axes.merging([dimension: axis]) { $1 }) }

    /// The same with a new first dimension that is not divided, for tensors that are stacked.
    public var stacked: Sharding { Sharding(Dictionary(uniqueKeysWithValues: axes.map { ($0 + 1, $1) })) }

    /// The dimension that is divided along an axis, if any.
    public func dimension(along axis: MeshAxis) -> Int? { axes.first { $0.value == axis }?.key }

    /// The axis along which a dimension is divided, if it is.
    public func axis(of dimension: Int) -> MeshAxis? { axes[dimension] }

    /// The shape of one device's part.
    /// - Throws: where a dimension does not divide by the devices along its axis.
    public func localShape(of shape: [Int], on mesh: Mesh, named name: String = "tensor") throws(MeshError) -> [Int] {
        var local = shape
        for (dimension, axis) in axes {
            let parts = mesh.size(axis)
            guard shape.indices.contains(dimension), shape[dimension] % parts == 0 else {
                throw MeshError(
                    "\(name): dimension \(dimension) of shape \(shape) does not divide by the \(parts) devices of axis \(axis.rawValue)")
            }
            local[dimension] /= parts
        }
        return local
    }

    /// The global shape that parts of the given shape make up.
    public func globalShape(of local: [Int], on mesh: Mesh) -> [Int] {
        local.indices.map { local[$0] * (axes[$0].map(mesh.size) ?? 1) }
    }

    /// Where a device's part begins in the global tensor. The shape must divide, as `localShape` checks.
    public func offset(of replica: Int, in shape: [Int], on mesh: Mesh) -> [Int] {
        shape.indices.map { dimension in
            guard let axis = axes[dimension] else { return 0 }
            return shape[dimension] / mesh.size(axis) * mesh.coordinate(of: replica, along: axis)
        }
    }
}

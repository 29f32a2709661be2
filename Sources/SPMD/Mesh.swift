import StableHLO

/// A direction in which devices are laid out and work is divided.
public enum MeshAxis: String, Sendable, CaseIterable, Codable {
    /// Devices along this axis read different data.
    case data
    /// Devices along this axis hold different parts of each weight.
    case tensor
}

/// A grid of devices. The program is written for one device and runs on all; a device's replica number is its place in row-major
/// order, so devices along the last axis, which talk most, are neighbours.
public struct Mesh: Hashable, Sendable, CustomStringConvertible {
    private let sizes: [MeshAxis: Int]

    /// A mesh of `data` × `tensor` devices.
    public init(data: Int = 1, tensor: Int = 1) { sizes = [.data: data, .tensor: tensor] }

    /// Reads `data=2,tensor=4`; an axis that is not named has one device. A bare number is the size of the data axis.
    public init(parsing text: String) throws(MeshError) {
        var sizes: [MeshAxis: Int] = [:]
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false).map { $0.trimmingSpaces }
            let name = pair.count == 1 ? MeshAxis.data.rawValue : pair[0]
            guard let axis = MeshAxis(rawValue: name) else {
                throw MeshError(
                    "mesh \(text): no axis is called \(name); there are \(MeshAxis.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            guard pair.count <= 2, let size = pair.last.flatMap({ Int($0) }), size > 0 else {
                throw MeshError("mesh \(text): \(part) should be a name and a positive size, as in data=2,tensor=4")
            }
            guard sizes[axis] == nil else { throw MeshError("mesh \(text): \(axis.rawValue) comes twice") }
            sizes[axis] = size
        }
        self.init(data: sizes[.data] ?? 1, tensor: sizes[.tensor] ?? 1)
    }

    /// Devices along an axis.
    public func size(_ axis: MeshAxis) -> Int { sizes[axis] ?? 1 }

    /// Devices in all.
    public var deviceCount: Int { MeshAxis.allCases.reduce(1) { $0 * size($1) } }

    /// How far apart in replica numbers neighbours along an axis are.
    private func stride(_ axis: MeshAxis) -> Int {
        MeshAxis.allCases.drop { $0 != axis }.dropFirst().reduce(1) { $0 * size($1) }
    }

    /// The place of a device along an axis.
    public func coordinate(of replica: Int, along axis: MeshAxis) -> Int { replica / stride(axis) % size(axis) }

    /// The groups of devices that differ only in their place along an axis.
    public func groups(along axis: MeshAxis) -> ReplicaGroups {
        let starts = (0..<deviceCount).filter { coordinate(of: $0, along: axis) == 0 }
        return ReplicaGroups(starts.map { start in (0..<size(axis)).map { start + $0 * stride(axis) } })
    }

    /// In a program: the place of the device that runs it along an axis, int32.
    public func coordinate(along axis: MeshAxis, in graph: Graph) -> Value {
        if size(axis) == 1 { return graph.constant(0, .i32) }
        let id = graph.replicaID.converted(to: .i32)
        return id / graph.constant(Double(stride(axis)), .i32) % Double(size(axis))
    }

    /// `data=2,tensor=4`.
    public var description: String { MeshAxis.allCases.map { "\($0.rawValue)=\(size($0))" }.joined(separator: ",") }
}

extension Mesh: Codable {
    /// Reads `data=2,tensor=4`.
    public init(from decoder: any Decoder) throws { try self.init(parsing: decoder.singleValueContainer().decode(String.self)) }

    /// Writes `data=2,tensor=4`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A mesh that cannot be, or cannot hold what it should.
public struct MeshError: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what would be right.
    public let description: String

    /// An error with its message.
    public init(_ description: String) { self.description = description }
}

extension Substring {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

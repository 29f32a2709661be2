import PJRT
import StableHLO

/// A compiled program and how its results are laid out.
public struct Program: Sendable {
    /// What runs it.
    public let executable: LoadedExecutable
    /// Whether it came from the cache instead of the compiler.
    public let isFromCache: Bool
    private let results: [(type: TensorType, sharding: Sharding)]
    private let mesh: Mesh

    init(executable: LoadedExecutable, isFromCache: Bool, results: [(type: TensorType, sharding: Sharding)], mesh: Mesh) {
        self.executable = executable
        self.isFromCache = isFromCache
        self.results = results
        self.mesh = mesh
    }

    /// Starts the program on all devices and returns its results, which may still be under way. Donated inputs are gone afterwards.
    public func callAsFunction(_ inputs: [ShardedArray]) throws(PJRTError) -> [ShardedArray] {
        let arguments = executable.devices.indices.map { device in inputs.map { $0.buffers[device] } }
        let outputs = try executable.execute(arguments)
        return results.enumerated().map { index, result in
            ShardedArray(type: result.type, sharding: result.sharding, mesh: mesh, buffers: outputs.map { $0[index] })
        }
    }
}

extension Runtime {
    /// Compiles a graph for all devices of the mesh, or takes the compiled program from the cache.
    ///
    /// - Parameters:
    ///   - results: the results as one device sees them, and how they make up global tensors.
    ///   - donated: pairs of a parameter's index and the result that takes over its memory.
    ///   - flags: XLA options by name, beside the platform's own.
    /// - Throws: `GraphError` for a mistake in the graph, `PJRTError` where XLA refuses it or runs out of memory.
    public func compile(
        _ graph: Graph, results: [(value: Value, sharding: Sharding)], donated: [Int: Int] = [:], name: String = "main",
        flags: [String: CompileOptions.OptionValue] = [:]
    ) throws -> Program {
        let text = try graph.stableHLO(
            results: results.map(\.value), name: name, replicas: mesh.deviceCount, donated: donated, kernels: kernels)
        let options = CompileOptions(
            devices: devices, flags: PlatformOptions.flags(platform, deviceCount: mesh.deviceCount).merging(flags) { $1 })
        let (executable, isFromCache) = try cache?.program(text, options, client) ?? (client.compile(text, options: options), false)
        let types = results.map { result in
            TensorType(result.sharding.globalShape(of: result.value.shape, on: mesh), result.value.element)
        }
        return Program(
            executable: executable, isFromCache: isFromCache, results: Array(zip(types, results.map(\.sharding))), mesh: mesh)
    }
}

import PJRT

/// The devices of a run and what compiles for them.
public final class Runtime: Sendable {
    /// The plugin's devices.
    public let client: Client
    /// How the devices that are used are laid out.
    public let mesh: Mesh
    /// The devices that are used, by replica number.
    public let devices: [Device]
    /// The kind of device.
    public let platform: Plugin.Name
    /// The custom calls that programs may use, beside XLA's own operations.
    public let kernels: Set<String>
    let cache: ProgramCache?

    /// Opens a plugin with as many devices as the mesh has.
    ///
    /// - Parameters:
    ///   - platform: which plugin; on the CPU the mesh's devices are virtual.
    ///   - cache: where compiled programs are kept; nil to compile always.
    ///   - usesKernels: whether programs may use the project's own kernels where the platform has them.
    /// - Throws: `PJRTError` where the plugin cannot be loaded, `MeshError` where it has too few devices.
    public convenience init(_ platform: Plugin.Name, mesh: Mesh = Mesh(), cache: ProgramCache? = .standard, usesKernels: Bool = true) throws
    {
        let options = PlatformOptions.client(platform, deviceCount: mesh.deviceCount)
        try self.init(
            client: Client(plugin: Plugin.named(platform), options: options), platform: platform, mesh: mesh, cache: cache,
            usesKernels: usesKernels)
    }

    /// Uses devices that are open already.
    public init(
        client: Client, platform: Plugin.Name = .cpu, mesh: Mesh, cache: ProgramCache? = nil, usesKernels: Bool = true
    ) throws(MeshError) {
        let available = client.addressableDevices
        guard available.count >= mesh.deviceCount else {
            throw MeshError("mesh \(mesh) needs \(mesh.deviceCount) devices and \(client.platformName) has \(available.count)")
        }
        self.client = client
        self.platform = platform
        self.mesh = mesh
        self.devices = Array(available.prefix(mesh.deviceCount))
        self.cache = cache
        kernels = usesKernels && platform == .cpu ? Self.registerProcessorKernels(with: client) : []
    }
}

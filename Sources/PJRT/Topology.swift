import CPJRT

/// Devices that are described and not opened: programs compile for them on a machine that has none, and say what they would need.
public final class Topology: Sendable {
    /// The plugin that compiles.
    public let plugin: Plugin
    private nonisolated(unsafe) let handle: OpaquePointer

    /// Describes devices to a plugin.
    ///
    /// - Parameters:
    ///   - plugin: the CUDA plugin; the CPU plugin has its devices everywhere and needs no descriptions.
    ///   - options: the plugin's own; the CUDA plugin takes `topology`, "slices x hosts x devices", and `target_config`, a GPU's properties.
    /// - Throws: ``PJRTError`` for a plugin that takes no descriptions, or not these.
    public init(plugin: Plugin, options: [String: ClientOption]) throws(PJRTError) {
        let attempt = "describe devices to \(plugin.path)"
        let functions = plugin.functions
        let created = try options.withCValues { (values) throws(PJRTError) in
            try functions.call(functions.table.pointee.PJRT_TopologyDescription_Create, attempt) {
                $0.create_options = values.baseAddress
                $0.num_options = values.count
            }
        }
        guard let handle = created.topology else { throw PJRTError(.internal, "the plugin returned no topology", attempt: attempt) }
        self.plugin = plugin
        self.handle = handle
    }

    deinit {
        plugin.functions.destroy(plugin.functions.table.pointee.PJRT_TopologyDescription_Destroy) { $0.topology = handle }
    }

    /// Compiles a program for the first devices of the description.
    ///
    /// - Parameters:
    ///   - program: a StableHLO module as text.
    ///   - options: the number of replicas, and the compiler's flags.
    /// - Throws: ``PJRTError`` with XLA's message.
    public func compile(_ program: String, options: CompileOptions) throws(PJRTError) -> Executable {
        let attempt = "compile a program for devices that are not here"
        let functions = plugin.functions
        let ids = options.deviceIDs ?? Array(0..<options.replicas)
        let compiled = try functions.withProgram(program, options.encoded(deviceIDs: ids), attempt) {
            (program, options) throws(PJRTError) in
            try functions.call(functions.table.pointee.PJRT_Compile, attempt) {
                $0.topology = handle
                $0.program = program
                $0.compile_options = options.baseAddress
                $0.compile_options_size = options.count
            }
        }
        guard let executable = compiled.executable else {
            throw PJRTError(.internal, "the plugin returned no executable", attempt: attempt)
        }
        do throws(PJRTError) {
            let name = try Executable.name(of: executable, functions, attempt)
            return Executable(adopting: executable, name: name, plugin: plugin, owner: nil)
        } catch {
            functions.destroy(functions.table.pointee.PJRT_Executable_Destroy) { $0.executable = executable }
            throw error
        }
    }
}

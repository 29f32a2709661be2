import CPJRT

/// A compiled program, apart from any device: what the compiler made and what it says of it. To run, it must be loaded: see
/// ``LoadedExecutable``.
public class Executable: @unchecked Sendable {
    /// The program's name.
    public let name: String
    /// The plugin that compiled it.
    public let plugin: Plugin
    private let owner: Client?
    /// Immutable, and thread-safe by the C API's rules: hence the unchecked conformance, which a class that is inherited from must declare.
    let description: OpaquePointer

    /// - Parameter owner: the client that counts the handle, nil where the program was compiled for a ``Topology``.
    init(adopting description: OpaquePointer, name: String, plugin: Plugin, owner: Client?) {
        self.description = description
        self.name = name
        self.plugin = plugin
        self.owner = owner
        owner?.countHandle()
    }

    deinit {
        let destroy = plugin.functions.table.pointee.PJRT_Executable_Destroy
        if let owner {
            owner.free(destroy) { $0.executable = description }
        } else {
            plugin.functions.destroy(destroy) { $0.executable = description }
        }
    }

    static func name(of executable: OpaquePointer, _ functions: CFunctions, _ attempt: String) throws(PJRTError) -> String {
        let result = try functions.call(functions.table.pointee.PJRT_Executable_Name, attempt) { $0.executable = executable }
        return String(bytes: result.executable_name, count: result.executable_name_size)
    }
}

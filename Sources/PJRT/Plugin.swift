import CPJRT
import DynamicLibrary
import Synchronization

/// A PJRT plugin: the shared library that compiles and runs programs on one kind of device. It stays loaded until the process ends.
public final class Plugin: Sendable {
    /// The library's path.
    public let path: String
    /// The version of the C API that the plugin was built with.
    public let apiVersion: APIVersion
    /// What the plugin tells about itself, for example `xla_version` and `stablehlo_current_version`.
    public let attributes: [String: NamedValue]
    let functions: CFunctions

    private static let loaded = Mutex<[String: Plugin]>([:])

    /// Loads and initialises the plugin at `path`; a second load of the same path returns the same plugin.
    ///
    /// - Throws: ``PJRTError`` for a file that is missing, not a library, not a plugin, or of an incompatible version.
    public static func load(path: String) throws(PJRTError) -> Plugin {
        // Initialising twice is an error in the C API, so the lock spans the load.
        try loaded.withLock { (plugins) throws(PJRTError) in
            if let plugin = plugins[path] { return plugin }
            let plugin = try Plugin(path: path)
            plugins[path] = plugin
            return plugin
        }
    }

    private init(path: String) throws(PJRTError) {
        let attempt = "load the PJRT plugin \(path)"
        let entry: UnsafeMutableRawPointer
        do throws(DynamicLibraryError) {
            entry = try DynamicLibrary(path: path).symbol(named: "GetPjrtApi")
        } catch {
            throw PJRTError(error, attempt: attempt)
        }
        typealias EntryPoint = @convention(c) () -> UnsafeRawPointer?
        guard let api = unsafeBitCast(entry, to: EntryPoint.self)() else {
            throw PJRTError(.internal, "its GetPjrtApi returned no function table", attempt: attempt)
        }
        let functions = CFunctions(copying: api)
        guard functions.version.major == PJRT_API_MAJOR, functions.hasErrorFunctions else {
            throw PJRTError(
                .unimplemented, "it speaks PJRT API \(functions.version), and \(PJRT_API_MAJOR).x is needed: use another version of it",
                attempt: attempt)
        }
        let table = functions.table.pointee
        try functions.call(table.PJRT_Plugin_Initialize, attempt) { _ in }
        let attributes = try functions.call(table.PJRT_Plugin_Attributes, attempt) { _ in }
        self.attributes = Dictionary(copying: attributes.attributes, count: attributes.num_attributes)
        self.path = path
        self.functions = functions
        apiVersion = functions.version
    }
}

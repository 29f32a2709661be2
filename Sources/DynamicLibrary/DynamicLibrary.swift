import Glibc

/// A shared library opened at run time.
///
/// A library stays loaded until the process ends: function pointers and threads of a plugin outlive any scope that could close it.
public final class DynamicLibrary: Sendable {
    /// The path given to the dynamic linker.
    public let path: String
    private nonisolated(unsafe) let handle: UnsafeMutableRawPointer

    /// Opens the shared library at `path`, resolving all its symbols at once so that a missing dependency shows here.
    ///
    /// - Throws: ``DynamicLibraryError/cannotLoad(path:reason:)``
    public init(path: String) throws(DynamicLibraryError) {
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw .cannotLoad(path: path, reason: dlerror().map { String(cString: $0) } ?? "unknown reason")
        }
        self.path = path
        self.handle = handle
    }

    /// The address of an exported symbol, valid as long as the process runs.
    ///
    /// - Throws: ``DynamicLibraryError/missingSymbol(name:path:)``
    public func symbol(named name: String) throws(DynamicLibraryError) -> UnsafeMutableRawPointer {
        guard let address = dlsym(handle, name) else { throw .missingSymbol(name: name, path: path) }
        return address
    }
}

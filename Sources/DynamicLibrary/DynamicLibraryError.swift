/// Why a shared library or one of its symbols could not be had.
public enum DynamicLibraryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No file of this name in any of the folders searched.
    case notFound(library: String, searched: [String])
    /// The dynamic linker refused the file; `reason` is its own message.
    case cannotLoad(path: String, reason: String)
    /// The library is loaded and has no such symbol.
    case missingSymbol(name: String, path: String)

    /// One line naming the library, what was wrong and the way out.
    public var description: String {
        switch self {
        case .notFound(let library, let searched):
            "\(library) was not found in \(searched.joined(separator: ", ")): run `make native`, or point ARGONNE_NATIVE_DIR at its folder"
        case .cannotLoad(let path, let reason):
            "\(path) cannot be loaded: \(reason)"
        case .missingSymbol(let name, let path):
            "\(path) has no symbol \(name): it is not the library that was expected, or of another version"
        }
    }
}

import Glibc

extension DynamicLibrary {
    /// Opens one of the project's own native libraries, `lib<name>.so`.
    ///
    /// - Throws: ``DynamicLibraryError/notFound(library:searched:)`` naming every folder, or
    ///   ``DynamicLibraryError/cannotLoad(path:reason:)``.
    public static func native(_ name: String) throws(DynamicLibraryError) -> DynamicLibrary {
        try DynamicLibrary(path: nativePath(name))
    }

    /// The path of one of the project's own native libraries, in the first of ``nativeDirectories`` that holds it.
    ///
    /// - Throws: ``DynamicLibraryError/notFound(library:searched:)`` naming every folder.
    public static func nativePath(_ name: String) throws(DynamicLibraryError) -> String {
        let file = "lib\(name).so"
        let directories = nativeDirectories
        guard let directory = directories.first(where: { access("\($0)/\(file)", R_OK) == 0 }) else {
            throw .notFound(library: file, searched: directories)
        }
        return "\(directory)/\(file)"
    }

    /// Where native libraries are looked for, in order: `ARGONNE_NATIVE_DIR`; beside the executable and in its `native`, `../native` and
    /// `../lib` (an installation); `native` of the build folder that the executable lies in; `.build/native` of the working directory.
    public static var nativeDirectories: [String] {
        var directories: [String] = []
        if let chosen = getenv("ARGONNE_NATIVE_DIR") { directories.append(String(cString: chosen)) }
        if let executable = executablePath {
            let folder = parent(of: executable)
            directories += [folder, "\(folder)/native", "\(parent(of: folder))/native", "\(parent(of: folder))/lib"]
            // `swift build` puts the executable two folders below .build, and a test bundle's runner may lie deeper.
            var ancestor = parent(of: parent(of: folder))
            for _ in 0..<3 where ancestor != "/" {
                directories.append("\(ancestor)/native")
                ancestor = parent(of: ancestor)
            }
        }
        if let working = getcwd(nil, 0) {
            directories.append("\(String(cString: working))/.build/native")
            free(working)
        }
        return directories
    }

    /// The running executable's absolute path, symbolic links resolved.
    public static var executablePath: String? {
        guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}

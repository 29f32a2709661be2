import DynamicLibrary
import Glibc

extension Plugin {
    /// The plugins that can be found by name.
    public enum Name: String, Sendable, CaseIterable {
        /// XLA on the processor: the project's own plugin.
        case cpu
        /// XLA on NVIDIA GPUs: the plugin of the Python package `jax-cuda13-pjrt`, used without Python.
        case cuda
    }

    /// Finds and loads a plugin. `ARGONNE_PJRT_PLUGIN`, where set, is the path of the plugin for every name.
    ///
    /// - Throws: ``PJRTError`` saying where it was looked for and how to get it.
    public static func named(_ name: Name) throws(PJRTError) -> Plugin {
        if let chosen = environment("ARGONNE_PJRT_PLUGIN") { return try load(path: chosen) }
        switch name {
        case .cpu:
            let library: DynamicLibrary
            do throws(DynamicLibraryError) {
                library = try DynamicLibrary.native("pjrt_cpu")
            } catch {
                throw PJRTError(error, attempt: "find the CPU plugin")
            }
            return try load(path: library.path)
        case .cuda:
            let folders = pythonPackageFolders
            for folder in folders {
                guard let path = paths(matching: "\(folder)/jax_plugins/xla_cuda*/xla_cuda_plugin.so").last else { continue }
                nameCUDADataFolder(beside: folder)
                return try load(path: path)
            }
            throw PJRTError(
                .notFound,
                "no jax_plugins/xla_cuda*/xla_cuda_plugin.so in \(folders.joined(separator: ", ")): run `make deps-cuda`, or set "
                    + "ARGONNE_PJRT_PLUGIN to its path", attempt: "find the CUDA plugin")
        }
    }

    /// Folders that Python packages are installed in, ours first.
    private static var pythonPackageFolders: [String] {
        var patterns: [String] = DynamicLibrary.nativeDirectories.filter { $0.hasSuffix("/.build/native") }
            .map { $0.dropLast("/.build/native".count) + "/.deps/*" }
        for root in [
            environment("VIRTUAL_ENV"), environment("CONDA_PREFIX"), environment("HOME").map { $0 + "/.local" }, "/usr/local", "/usr",
        ] {
            guard let root else { continue }
            patterns += ["\(root)/lib/python3*/site-packages", "\(root)/lib/python3*/dist-packages"]
        }
        if let path = environment("PYTHONPATH") { patterns += path.split(separator: ":").map { String($0) } }
        return patterns.flatMap { paths(matching: $0) }
    }

    /// XLA needs libdevice and ptxas of a CUDA toolkit, and looks where this flag says. It reads the flag once, as it is loaded.
    private static func nameCUDADataFolder(beside packages: String) {
        let flag = "--xla_gpu_cuda_data_dir"
        let flags = environment("XLA_FLAGS") ?? ""
        guard !flags.contains(flag), let libdevice = paths(matching: "\(packages)/nvidia/*/nvvm/libdevice").last else { return }
        let folder = libdevice.dropLast("/nvvm/libdevice".count)
        setenv("XLA_FLAGS", flags.isEmpty ? "\(flag)=\(folder)" : "\(flags) \(flag)=\(folder)", 1)
    }

    private static func environment(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    /// Existing paths that match a shell pattern, sorted.
    private static func paths(matching pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { index in result.gl_pathv[index].map { String(cString: $0) } }
    }
}

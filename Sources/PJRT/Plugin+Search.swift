import DynamicLibrary
import Glibc

extension Plugin {
    /// The plugins that can be found by name.
    public enum Name: String, Sendable, CaseIterable, Codable {
        /// XLA on the processor: the project's own plugin.
        case cpu
        /// XLA on NVIDIA GPUs: the plugin of the Python package `jax-cuda13-pjrt`, used without Python.
        case cuda
    }

    /// Finds and loads a plugin. `ARGONNE_PJRT_PLUGIN`, where set, is the path of the plugin for every name.
    ///
    /// - Throws: ``PJRTError`` saying where it was looked for and how to get it.
    public static func named(_ name: Name) throws(PJRTError) -> Plugin {
        let path = try path(of: name)
        if name == .cuda { prepareCUDA(beside: path) }
        return try load(path: path)
    }

    private static func path(of name: Name) throws(PJRTError) -> String {
        if let chosen = environment("ARGONNE_PJRT_PLUGIN") { return chosen }
        switch name {
        case .cpu:
            do throws(DynamicLibraryError) {
                return try DynamicLibrary.nativePath("pjrt_cpu")
            } catch {
                throw PJRTError(error, attempt: "find the CPU plugin")
            }
        case .cuda:
            let folders = pythonPackageFolders
            for folder in folders {
                if let path = paths(matching: "\(folder)/\(cudaPlugin)").last { return path }
            }
            throw PJRTError(
                .notFound,
                "no \(cudaPlugin) in \(folders.joined(separator: ", ")): run `make deps-cuda`, or set ARGONNE_PJRT_PLUGIN to its path",
                attempt: "find the CUDA plugin")
        }
    }

    private static let cudaPlugin = "jax_plugins/xla_cuda*/xla_cuda_plugin.so"

    /// Folders that Python packages are installed in, the project's own first.
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
            .reduce(into: []) { unique, folder in if !unique.contains(folder) { unique.append(folder) } }
    }

    /// Sets what XLA and NCCL read from the environment as they are loaded, unless the user has: no chatter below warnings; NCCL's launch mode
    /// for one process with several GPUs, in which a collective can else wait for ever for one that stands behind a free; and where the CUDA
    /// toolkit's libdevice and ptxas lie among the Python packages.
    private static func prepareCUDA(beside plugin: String) {
        setenv("TF_CPP_MIN_LOG_LEVEL", "1", 0)
        setenv("NCCL_LAUNCH_MODE", "GROUP", 0)
        let packages = plugin.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        guard let libdevice = paths(matching: "\(packages)/nvidia/*/nvvm/libdevice").last else { return }
        let flag = "--xla_gpu_cuda_data_dir"
        let flags = environment("XLA_FLAGS") ?? ""
        guard !flags.contains(flag) else { return }
        let setting = "\(flag)=\(libdevice.dropLast("/nvvm/libdevice".count))"
        setenv("XLA_FLAGS", flags.isEmpty ? setting : "\(flags) \(setting)", 1)
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

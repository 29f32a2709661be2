import CPJRT

extension LoadedExecutable {
    /// The memory that the compiler planned for one run on one device.
    ///
    /// - Throws: ``PJRTError`` where the plugin does not tell.
    public func memoryStats() throws(PJRTError) -> CompiledMemoryStats {
        CompiledMemoryStats(
            try functions.call(table.pointee.PJRT_Executable_GetCompiledMemoryStats, "read the memory plan of \(name)") {
                $0.executable = description
            })
    }

    /// XLA's estimates for one run on one device, for example `flops` and `bytes accessed`. Custom calls count as nothing.
    ///
    /// - Throws: ``PJRTError`` where the plugin makes none.
    public func costAnalysis() throws(PJRTError) -> [String: NamedValue] {
        let costs = try functions.call(table.pointee.PJRT_Executable_GetCostAnalysis, "read the cost analysis of \(name)") {
            $0.executable = description
        }
        return Dictionary(copying: costs.properties, count: costs.num_properties)
    }

    /// The program after XLA's optimizations.
    ///
    /// - Throws: ``PJRTError`` where the plugin does not give it.
    public func optimizedProgram() throws(PJRTError) -> OptimizedProgram {
        try Self.optimizedProgram(of: description, functions)
    }

    /// A text that is equal for equal programs, options and compilers.
    ///
    /// - Throws: ``PJRTError`` where the plugin makes none.
    public func fingerprint() throws(PJRTError) -> String {
        let result = try functions.call(table.pointee.PJRT_Executable_Fingerprint, "fingerprint \(name)") { $0.executable = description }
        return String(bytes: result.executable_fingerprint, count: result.executable_fingerprint_size)
    }

    /// The compiled program as bytes that ``Client/deserialize(_:)`` loads, for the same plugin version and kind of device.
    ///
    /// - Throws: ``PJRTError`` where the plugin cannot.
    public func serialize() throws(PJRTError) -> [UInt8] {
        let serialized = try functions.call(table.pointee.PJRT_Executable_Serialize, "serialize \(name)") { $0.executable = description }
        defer { serialized.serialized_executable_deleter?(serialized.serialized_executable) }
        return Array(UnsafeRawBufferPointer(start: serialized.serialized_bytes, count: serialized.serialized_bytes_size))
    }

    static func optimizedProgram(of executable: OpaquePointer, _ functions: CFunctions) throws(PJRTError) -> OptimizedProgram {
        let attempt = "read an optimized program"
        return try functions.withPadded(PJRT_Program.self) { _ in
        } body: { (program) throws(PJRTError) in
            // The first call gives the size, the second the bytes.
            let function = functions.table.pointee.PJRT_Executable_OptimizedProgram
            func ask() throws(PJRTError) {
                try functions.call(function, attempt) {
                    $0.executable = executable
                    $0.program = program
                }
            }
            try ask()
            let size = program.pointee.code_size
            let code = UnsafeMutablePointer<CChar>.allocate(capacity: max(size, 1))
            defer { code.deallocate() }
            program.pointee.code = code
            try ask()
            return OptimizedProgram(
                format: String(bytes: program.pointee.format, count: program.pointee.format_size),
                bytes: Array(UnsafeRawBufferPointer(start: code, count: size)))
        }
    }

    private var functions: CFunctions { client.plugin.functions }
    private var table: UnsafePointer<PJRT_Api> { functions.table }
}

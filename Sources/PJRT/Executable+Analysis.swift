import CPJRT

extension Executable {
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

    /// The program after XLA's optimizations, as HLO text to read. The CPU plugin gives it; with another, XLA writes the same text to a
    /// folder for `XLA_FLAGS="--xla_dump_to=DIR --xla_dump_hlo_as_text"`.
    ///
    /// - Throws: ``PJRTError`` where the plugin gives no text.
    public func optimizedText() throws(PJRTError) -> String {
        let program = try Self.optimizedProgram(of: description, functions, format: "hlo_text")
        guard program.format == "hlo_text" else {
            throw PJRTError(
                .unimplemented, "the plugin gives it as \(program.format): set XLA_FLAGS=\"--xla_dump_to=DIR --xla_dump_hlo_as_text\"",
                attempt: "read the text of \(name)")
        }
        return String(decoding: program.bytes, as: UTF8.self)
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

    /// Asks for the program in a format. A plugin that knows only one gives that.
    static func optimizedProgram(
        of executable: OpaquePointer, _ functions: CFunctions, format: String = "hlo"
    ) throws(PJRTError) -> OptimizedProgram {
        let format = Array(format.utf8CString)
        return try format.withUnsafeBufferPointer { (format) throws(PJRTError) in
            func ask(_ code: UnsafeMutablePointer<CChar>?, _ size: Int) throws(PJRTError) -> PJRT_Program {
                try functions.withPadded(PJRT_Program.self) {
                    $0.format = format.baseAddress
                    $0.format_size = format.count - 1
                    $0.code = code
                    $0.code_size = size
                } body: { (program) throws(PJRTError) in
                    try functions.call(functions.table.pointee.PJRT_Executable_OptimizedProgram, "read an optimized program") {
                        $0.executable = executable
                        $0.program = program
                    }
                    return program.pointee
                }
            }
            // The first call gives the size, the second the bytes.
            let size = try ask(nil, 0).code_size
            let code = UnsafeMutablePointer<CChar>.allocate(capacity: max(size, 1))
            defer { code.deallocate() }
            let program = try ask(code, size)
            return OptimizedProgram(
                format: String(bytes: program.format, count: program.format_size),
                bytes: Array(UnsafeRawBufferPointer(start: code, count: size)))
        }
    }

    private var functions: CFunctions { plugin.functions }
    private var table: UnsafePointer<PJRT_Api> { functions.table }
}

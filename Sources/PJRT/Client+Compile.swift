import CPJRT

extension Client {
    /// Compiles a program for devices of this client and loads it.
    ///
    /// - Parameters:
    ///   - program: a StableHLO module as text.
    ///   - options: the devices to run on, and the compiler's flags.
    /// - Throws: ``PJRTError`` with XLA's message.
    public func compile(_ program: String, options: CompileOptions = CompileOptions()) throws(PJRTError) -> LoadedExecutable {
        let attempt = "compile a program"
        let encodedOptions = try options.encoded(for: self, attempt: attempt)
        let functions = plugin.functions
        let compiled = try functions.withProgram(program, encodedOptions, attempt) { (program, options) throws(PJRTError) in
            try functions.call(functions.table.pointee.PJRT_Client_Compile, attempt) {
                $0.client = handle
                $0.program = program
                $0.compile_options = options.baseAddress
                $0.compile_options_size = options.count
            }
        }
        guard let executable = compiled.executable else {
            throw PJRTError(.internal, "the plugin returned no executable", attempt: attempt)
        }
        return try LoadedExecutable(adopting: executable, client: self, attempt: attempt)
    }

    /// Loads what ``Executable/serialize()`` gave, on the devices it was compiled for.
    ///
    /// - Throws: ``PJRTError`` where another plugin, version or kind of device wrote it.
    public func deserialize(_ bytes: [UInt8]) throws(PJRTError) -> LoadedExecutable {
        let attempt = "load a serialized executable"
        let functions = plugin.functions
        let loaded = try bytes.withUnsafeBufferPointer { (bytes) throws(PJRTError) in
            try functions.call(functions.table.pointee.PJRT_Executable_DeserializeAndLoad, attempt) {
                $0.client = handle
                $0.serialized_executable = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
                $0.serialized_executable_size = bytes.count
            }
        }
        guard let executable = loaded.loaded_executable else {
            throw PJRTError(.internal, "the plugin returned no executable", attempt: attempt)
        }
        return try LoadedExecutable(adopting: executable, client: self, attempt: attempt)
    }

    /// Makes a native function callable from programs as `stablehlo.custom_call @name` with `api_version = 4`. The name is registered for
    /// all clients of the plugin, until the process ends.
    ///
    /// - Parameters:
    ///   - name: the call's target name.
    ///   - handler: an `XLA_FFI_Handler*`, from ``DynamicLibrary``'s `symbol(named:)`.
    /// - Throws: ``PJRTError`` where the plugin takes no custom calls or has another function of this name.
    public func registerCustomCall(name: String, handler: UnsafeMutableRawPointer) throws(PJRTError) {
        let attempt = "register the custom call \(name)"
        let functions = plugin.functions
        guard let base = functions.extension(PJRT_Extension_Type_FFI),
            base.pointee.struct_size >= MemoryLayout<PJRT_FFI_Extension>.size
        else {
            throw PJRTError(.unimplemented, "the plugin \(plugin.path) has no FFI extension", attempt: attempt)
        }
        let register = UnsafeRawPointer(base).load(as: PJRT_FFI_Extension.self).register_handler
        let name = Array(name.utf8CString)
        let platform = Array((platformName == "cpu" ? "Host" : platformName.uppercased()).utf8CString)
        _ = try name.withUnsafeBufferPointer { (name) throws(PJRTError) in
            try platform.withUnsafeBufferPointer { (platform) throws(PJRTError) in
                try functions.call(register, attempt) {
                    $0.target_name = name.baseAddress
                    $0.target_name_size = name.count - 1
                    $0.handler = handler
                    $0.platform_name = platform.baseAddress
                    $0.platform_name_size = platform.count - 1
                }
            }
        }
    }
}

extension CFunctions {
    /// Lends a StableHLO text and serialized options in C form to what compiles them. An error that names a line of the text quotes it.
    func withProgram<Result>(
        _ text: String, _ options: [UInt8], _ attempt: String,
        compile: (UnsafePointer<PJRT_Program>, UnsafeBufferPointer<CChar>) throws(PJRTError) -> Result
    ) throws(PJRTError) -> Result {
        var code = Array(text.utf8CString)
        let format = Array("mlir".utf8CString)
        let options = options.map { CChar(bitPattern: $0) }
        do throws(PJRTError) {
            return try code.withUnsafeMutableBufferPointer { (code) throws(PJRTError) in
                try format.withUnsafeBufferPointer { (format) throws(PJRTError) in
                    try withPadded(PJRT_Program.self) {
                        $0.code = code.baseAddress
                        $0.code_size = code.count - 1
                        $0.format = format.baseAddress
                        $0.format_size = format.count - 1
                    } body: { (program) throws(PJRTError) in
                        try options.withUnsafeBufferPointer { (options) throws(PJRTError) in try compile(UnsafePointer(program), options) }
                    }
                }
            }
        } catch {
            throw PJRTError(error.code, error.message + Self.line(of: text, namedIn: error.message), attempt: attempt)
        }
    }

    /// MLIR's parser says where it stopped, as "-:12:5: error", of a text that the reader of the message does not have.
    private static func line(of program: String, namedIn message: String) -> String {
        guard let place = message.firstMatch(of: /-:(\d+):\d+: error/), let number = Int(place.1) else { return "" }
        let lines = program.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { return "" }
        return "\n  line \(number) is: \(lines[number - 1].prefix(500))"
    }
}

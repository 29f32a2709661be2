import CPJRT

/// Records what a plugin's devices do, from its creation until ``stop()``. One recording at a time.
public final class Profiler: Sendable {
    nonisolated(unsafe) private let functions: UnsafePointer<PLUGIN_Profiler_Api>
    private nonisolated(unsafe) let handle: OpaquePointer

    /// Starts a recording.
    ///
    /// - Throws: ``PJRTError`` where the plugin has no profiler or it cannot start.
    public init(_ plugin: Plugin) throws(PJRTError) {
        let attempt = "record a profile"
        guard let base = plugin.functions.extension(PJRT_Extension_Type_Profiler),
            let functions = UnsafeRawPointer(base).load(as: PJRT_Profiler_Extension.self).profiler_api
        else { throw PJRTError(.unimplemented, "the plugin \(plugin.path) has no profiler", attempt: attempt) }
        self.functions = UnsafePointer(functions)
        // tensorflow.ProfileOptions: host_tracer_level 2, device_tracer_level 3, version 5; python_tracer_level 4 stays 0.
        var options = ProtobufWriter()
        for (field, value) in [(2, 2), (3, 1), (5, 1)] { options.append(field, int: value) }
        var arguments = PLUGIN_Profiler_Create_Args()
        arguments.struct_size = MemoryLayout<PLUGIN_Profiler_Create_Args>.size
        let bytes = options.bytes.map { CChar(bitPattern: $0) }
        try bytes.withUnsafeBufferPointer { (bytes) throws(PJRTError) in
            arguments.options = bytes.baseAddress
            arguments.options_size = bytes.count
            try Self.check(functions.pointee.create?(&arguments), functions, attempt)
        }
        guard let handle = arguments.profiler else { throw PJRTError(.internal, "the plugin returned no profiler", attempt: attempt) }
        self.handle = handle
        var start = PLUGIN_Profiler_Start_Args()
        start.struct_size = MemoryLayout<PLUGIN_Profiler_Start_Args>.size
        start.profiler = handle
        try Self.check(functions.pointee.start?(&start), functions, attempt)
    }

    deinit {
        var arguments = PLUGIN_Profiler_Destroy_Args()
        arguments.struct_size = MemoryLayout<PLUGIN_Profiler_Destroy_Args>.size
        arguments.profiler = handle
        try? Self.check(functions.pointee.destroy?(&arguments), functions, "free a profiler")
    }

    /// Ends the recording and gives what was recorded.
    public func stop() throws(PJRTError) -> Trace {
        let attempt = "end a profile"
        var stop = PLUGIN_Profiler_Stop_Args()
        stop.struct_size = MemoryLayout<PLUGIN_Profiler_Stop_Args>.size
        stop.profiler = handle
        try Self.check(functions.pointee.stop?(&stop), functions, attempt)
        var data = PLUGIN_Profiler_CollectData_Args()
        data.struct_size = MemoryLayout<PLUGIN_Profiler_CollectData_Args>.size
        data.profiler = handle
        try Self.check(functions.pointee.collect_data?(&data), functions, attempt)
        return Trace(bytes: Array(UnsafeRawBufferPointer(start: data.buffer, count: data.buffer == nil ? 0 : data.buffer_size_in_bytes)))
    }

    /// Throws a C error as ours and frees it.
    private static func check(
        _ error: OpaquePointer?, _ functions: UnsafePointer<PLUGIN_Profiler_Api>, _ attempt: String
    ) throws(PJRTError) {
        guard let error else { return }
        var message = PLUGIN_Profiler_Error_Message_Args()
        message.struct_size = MemoryLayout<PLUGIN_Profiler_Error_Message_Args>.size
        message.error = error
        functions.pointee.error_message?(&message)
        let text = String(bytes: message.message, count: message.message_size)
        var destroy = PLUGIN_Profiler_Error_Destroy_Args()
        destroy.struct_size = MemoryLayout<PLUGIN_Profiler_Error_Destroy_Args>.size
        destroy.error = error
        functions.pointee.error_destroy?(&destroy)
        throw PJRTError(.internal, text, attempt: attempt)
    }
}

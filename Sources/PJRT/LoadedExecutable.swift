import CPJRT

/// A compiled program, loaded on its devices and ready to run.
public final class LoadedExecutable: Executable, @unchecked Sendable {
    /// The client on whose devices the program runs.
    public let client: Client
    /// The devices of this process that run it, in replica order.
    public let devices: [Device]
    /// The types of the results on each device.
    public let outputs: [BufferType]
    /// The types of the arguments on each device, or nil where the plugin does not tell; then only the plugin checks arguments.
    public let parameters: [BufferType]?
    /// The positions of the arguments whose memory the program takes over: running it deletes them.
    public let donatedParameters: Set<Int>
    let handle: OpaquePointer

    init(adopting handle: OpaquePointer, client: Client, attempt: String) throws(PJRTError) {
        let functions = client.plugin.functions
        let table = functions.table
        var description: OpaquePointer?
        do throws(PJRTError) {
            guard
                let executable = try functions.call(
                    table.pointee.PJRT_LoadedExecutable_GetExecutable, attempt, { $0.loaded_executable = handle }
                ).executable
            else { throw PJRTError(.internal, "the plugin returned no executable", attempt: attempt) }
            description = executable
            let name = try Self.name(of: executable, functions, attempt)
            let list = try functions.call(table.pointee.PJRT_LoadedExecutable_AddressableDevices, attempt) { $0.executable = handle }
            devices = UnsafeBufferPointer(start: list.addressable_devices, count: list.num_addressable_devices)
                .compactMap { device in device.flatMap { client.device($0) } }
            outputs = try Self.outputs(of: executable, functions, attempt)
            let program = try? Self.optimizedProgram(of: executable, functions)
            parameters = program?.parameters()
            donatedParameters = program?.donatedParameters() ?? []
            self.handle = handle
            self.client = client
            super.init(adopting: executable, name: name, plugin: client.plugin, owner: client)
        } catch {
            if let description { functions.destroy(table.pointee.PJRT_Executable_Destroy) { $0.executable = description } }
            functions.destroy(table.pointee.PJRT_LoadedExecutable_Destroy) { $0.executable = handle }
            throw error
        }
        client.countHandle()
    }

    deinit {
        let table = client.plugin.functions.table
        client.free(table.pointee.PJRT_LoadedExecutable_Destroy) { $0.executable = handle }
    }

    private static func outputs(of executable: OpaquePointer, _ functions: CFunctions, _ attempt: String) throws(PJRTError) -> [BufferType]
    {
        let table = functions.table
        let types = try functions.call(table.pointee.PJRT_Executable_OutputElementTypes, attempt) { $0.executable = executable }
        let dimensions = try functions.call(table.pointee.PJRT_Executable_OutputDimensions, attempt) { $0.executable = executable }
        guard types.num_output_types == dimensions.num_outputs else {
            throw PJRTError(.internal, "\(types.num_output_types) result types and \(dimensions.num_outputs) shapes", attempt: attempt)
        }
        var outputs: [BufferType] = []
        var next = 0
        for index in 0..<types.num_output_types {
            guard let elementType = ElementType(bufferType: types.output_types[index]) else {
                throw PJRTError(
                    .unimplemented, "result \(index) has the element type \(types.output_types[index].rawValue), which is not supported",
                    attempt: attempt)
            }
            let rank = dimensions.dim_sizes[index]
            outputs.append(BufferType(elementType, (next..<next + rank).map { Int(dimensions.dims[$0]) }))
            next += rank
        }
        return outputs
    }
}

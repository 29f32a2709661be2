import CPJRT

/// What one run of a program gives.
public struct Execution: Sendable {
    /// The results: one list a device, in the order of ``LoadedExecutable/devices``. Their contents arrive later.
    public let outputs: [[Buffer]]
    /// The run's completion on each device.
    public let completions: [Event]
}

extension LoadedExecutable {
    /// Starts one run on all devices and returns its results, whose contents arrive later. Donated arguments are deleted.
    ///
    /// - Parameter arguments: one list of buffers a device, in the order of ``devices``.
    /// - Throws: ``PJRTError`` for an argument of a wrong number, type or device or without contents, before anything has run; and
    ///   where the run cannot start. A failure during the run is thrown where a result is read.
    public func execute(_ arguments: [[Buffer]]) throws(PJRTError) -> [[Buffer]] {
        try start(arguments, completions: nil)
    }

    /// Starts one run as ``execute(_:)`` does, and gives events to wait for or to time it by.
    public func executeWithCompletions(_ arguments: [[Buffer]]) throws(PJRTError) -> Execution {
        var handles = [OpaquePointer?](repeating: nil, count: devices.count)
        let outputs = try handles.withUnsafeMutableBufferPointer { (handles) throws(PJRTError) in
            try start(arguments, completions: handles.baseAddress)
        }
        let completions = handles.compactMap { handle in handle.map { Event(adopting: $0, client: client, attempt: "run \(name)") } }
        return Execution(outputs: outputs, completions: completions)
    }

    private func start(
        _ arguments: [[Buffer]], completions: UnsafeMutablePointer<OpaquePointer?>?
    ) throws(PJRTError) -> [[Buffer]] {
        try check(arguments)
        let argumentCount = arguments.first?.count ?? 0
        // The C call takes a table of rows, one row of handles a device, for arguments and for results.
        let inputs = UnsafeMutableBufferPointer<OpaquePointer?>.allocate(capacity: devices.count * argumentCount)
        let inputRows = UnsafeMutableBufferPointer<UnsafePointer<OpaquePointer?>?>.allocate(capacity: devices.count)
        let results = UnsafeMutableBufferPointer<OpaquePointer?>.allocate(capacity: devices.count * outputs.count)
        let resultRows = UnsafeMutableBufferPointer<UnsafeMutablePointer<OpaquePointer?>?>.allocate(capacity: devices.count)
        defer {
            inputs.deallocate()
            inputRows.deallocate()
            results.deallocate()
            resultRows.deallocate()
            // The handles are lent to the call: their owners must outlive it.
            withExtendedLifetime(arguments) {}
        }
        _ = inputs.initialize(from: arguments.joined().lazy.map(\.handle))
        results.initialize(repeating: nil)
        for row in devices.indices {
            inputRows.initializeElement(at: row, to: inputs.baseAddress.map { UnsafePointer($0 + row * argumentCount) })
            resultRows.initializeElement(at: row, to: results.baseAddress.map { $0 + row * outputs.count })
        }
        try launch(inputRows, argumentCount, resultRows, completions)
        return try devices.enumerated().map { row, device throws(PJRTError) in
            try outputs.enumerated().map { column, type throws(PJRTError) in
                guard let result = results[row * outputs.count + column] else {
                    throw PJRTError(.internal, "result \(column) is missing on \(device)", attempt: "run \(name)")
                }
                return Buffer(adopting: result, type: type, device: device)
            }
        }
    }

    private func launch(
        _ inputRows: UnsafeMutableBufferPointer<UnsafePointer<OpaquePointer?>?>, _ argumentCount: Int,
        _ resultRows: UnsafeMutableBufferPointer<UnsafeMutablePointer<OpaquePointer?>?>,
        _ completions: UnsafeMutablePointer<OpaquePointer?>?
    ) throws(PJRTError) {
        let functions = client.plugin.functions
        func run() throws(PJRTError) {
            try functions.withPadded(PJRT_ExecuteOptions.self) { _ in
            } body: { (options) throws(PJRTError) in
                _ = try functions.call(functions.table.pointee.PJRT_LoadedExecutable_Execute, "run \(name)") {
                    $0.executable = handle
                    $0.options = options
                    $0.argument_lists = UnsafePointer(inputRows.baseAddress)
                    $0.num_devices = devices.count
                    $0.num_args = argumentCount
                    $0.output_lists = UnsafePointer(resultRows.baseAddress)
                    $0.device_complete_events = completions
                }
            }
        }
        if devices.count > 1 { try client.inLaunchOrder(run) } else { try run() }
    }

    /// Refuses what the plugin would misread: it takes any buffer of the right size for the right type, and where one device of
    /// several refuses its arguments the others wait for it in the first collective.
    private func check(_ arguments: [[Buffer]]) throws(PJRTError) {
        func refuse(_ message: String) -> PJRTError { PJRTError(.invalidArgument, message, attempt: "run \(name)") }
        guard arguments.count == devices.count else {
            throw refuse("it runs on \(devices.count) devices, and arguments for \(arguments.count) were given")
        }
        let count = parameters?.count ?? arguments.first?.count ?? 0
        for (row, device) in zip(arguments, devices) {
            guard row.count == count else { throw refuse("it takes \(count) arguments, and \(row.count) were given for \(device)") }
            var donated: Set<ObjectIdentifier> = []
            for (index, buffer) in row.enumerated() {
                guard buffer.device == device else { throw refuse("argument \(index) is \(buffer), and \(device) needs it") }
                if let parameters, buffer.type != parameters[index] {
                    throw refuse("argument \(index) is \(parameters[index]), and \(buffer) was given")
                }
                try buffer.requireContents("run \(name) with argument \(index), \(buffer)")
                if donatedParameters.contains(index), !donated.insert(ObjectIdentifier(buffer)).inserted {
                    throw refuse("argument \(index), \(buffer), is donated twice")
                }
            }
            for (index, buffer) in row.enumerated() where !donated.isEmpty && !donatedParameters.contains(index) {
                guard !donated.contains(ObjectIdentifier(buffer)) else {
                    throw refuse("argument \(index), \(buffer), is also given as a donated argument")
                }
            }
        }
    }
}

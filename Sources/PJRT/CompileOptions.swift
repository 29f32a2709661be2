/// How a program is compiled, and for which devices.
public struct CompileOptions: Sendable, Hashable {
    /// The value of a compiler flag.
    public enum OptionValue: Sendable, Hashable {
        case string(String)
        case bool(Bool)
        case int(Int)
        case double(Double)
    }

    /// The compiler's effort to hide latency: `o1` and up turn on XLA's scheduling and pipelining of collectives.
    public enum OptimizationLevel: Int, Sendable, Hashable {
        case o0 = 9
        case o1 = 19
        case o2 = 29
        case o3 = 39
    }

    /// The devices that each run one replica of the program, by ``Device/id``. Nil means the client's first ``replicas`` devices.
    public var deviceIDs: [Int]?
    /// The number of replicas.
    public var replicas: Int
    /// XLA's flags for this program, without the leading dashes, for example `xla_gpu_enable_latency_hiding_scheduler`.
    public var flags: [String: OptionValue]
    /// Nil leaves it to the plugin.
    public var optimizationLevel: OptimizationLevel?

    /// Options for a program that runs on a client's first devices.
    ///
    /// - Parameters:
    ///   - replicas: the number of devices.
    ///   - flags: compiler flags.
    public init(replicas: Int = 1, flags: [String: OptionValue] = [:]) {
        self.replicas = replicas
        self.flags = flags
    }

    /// Options for a program that runs on chosen devices.
    ///
    /// - Parameters:
    ///   - devices: replica i runs on the i-th.
    ///   - flags: compiler flags.
    public init(devices: [Device], flags: [String: OptionValue] = [:]) {
        self.init(replicas: devices.count, flags: flags)
        deviceIDs = devices.map(\.id)
    }
}

extension CompileOptions {
    func encoded(for client: Client, attempt: String) throws(PJRTError) -> [UInt8] {
        let devices = client.devices
        let known = devices.map(\.id)
        let ids = deviceIDs ?? Array(known.prefix(max(replicas, 0)))
        guard replicas > 0, ids.count == replicas, Set(ids).count == replicas, Set(known).isSuperset(of: ids) else {
            throw PJRTError(
                .invalidArgument,
                "\(replicas) replicas were asked for on devices \(deviceIDs.map { "\($0)" } ?? "0..<\(replicas)"), and \(client.platformName) "
                    + "has the devices \(known): give each replica a device of its own", attempt: attempt)
        }
        let processes = (devices.map(\.processIndex).max() ?? 0) + 1
        return encoded(deviceIDs: ids, processIndex: client.processIndex, processCount: processes)
    }

    /// A serialized `xla.CompileOptionsProto` (xla/pjrt/proto/compile_options.proto).
    package func encoded(deviceIDs: [Int], processIndex: Int = 0, processCount: Int = 1) -> [UInt8] {
        var options = ProtobufWriter()
        options.append(3) { build in  // executable_build_options
            build.append(1, int: -1)  // device_ordinal: none, the assignment says it
            build.append(4, int: deviceIDs.count)  // num_replicas
            build.append(5, int: 1)  // num_partitions
            build.append(9) { assignment in  // device_assignment
                assignment.append(1, int: deviceIDs.count)  // replica_count
                assignment.append(2, int: 1)  // computation_count
                assignment.append(3) { $0.append(1, packed: deviceIDs) }  // computation_devices.replica_device_ids
            }
            if processIndex != 0 { build.append(22, int: processIndex) }
            build.append(23, int: processCount)
            if let optimizationLevel { build.append(24, int: optimizationLevel.rawValue) }
        }
        for (name, value) in flags.sorted(by: { $0.key < $1.key }) {
            options.append(7) { entry in  // env_option_overrides
                entry.append(1, string: name)
                entry.append(2) { override in
                    switch value {
                    case .string(let text): override.append(1, string: text)
                    case .bool(let truth): override.append(2, bool: truth)
                    case .int(let number): override.append(3, int: number)
                    case .double(let number): override.append(4, double: number)
                    }
                }
            }
        }
        return options.bytes
    }
}

extension CompileOptions.OptionValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    /// A Boolean flag.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer flag.
    public init(integerLiteral value: Int) { self = .int(value) }
    /// A text flag.
    public init(stringLiteral value: String) { self = .string(value) }
}

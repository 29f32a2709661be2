import PJRT

/// What XLA is told on each platform, all in one place: options of the client that opens the devices, and flags of the compiler.
package enum PlatformOptions {
    /// The share of a GPU's memory that is taken at the start for all that programs plan; the rest is for the libraries' own handles, and NCCL's.
    package static let cudaMemoryFraction = 0.92

    /// Options of the plugin's client.
    package static func client(_ platform: Plugin.Name, deviceCount: Int) -> [String: ClientOption] {
        switch platform {
        case .cpu: ["device_count": .int(deviceCount)]
        case .cuda: ["memory_fraction": .float(Float(cudaMemoryFraction)), "preallocate": .bool(true)]
        }
    }

    /// Flags of the compiler; what XLA does by itself is not repeated. None is chosen by measurement on a GPU yet: see Benchmarks/gpu/README.md.
    package static func flags(_ platform: Plugin.Name, deviceCount: Int) -> [String: CompileOptions.OptionValue] {
        switch platform {
        case .cpu: return [:]
        case .cuda:
            var flags: [String: CompileOptions.OptionValue] = [
                // Moves transfers under computation by a model of both: of messages, and on one device of copies to the host.
                "xla_gpu_enable_latency_hiding_scheduler": true
            ]
            if deviceCount > 1 {
                // Gradients of all blocks are ready at once after the backward loop: few large messages then run at the links' full speed.
                flags["xla_gpu_all_reduce_combine_threshold_bytes"] = .int(256 << 20)
                flags["xla_gpu_all_gather_combine_threshold_bytes"] = .int(256 << 20)
                flags["xla_gpu_reduce_scatter_combine_threshold_bytes"] = .int(128 << 20)
            }
            return flags
        }
    }
}

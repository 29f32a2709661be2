import PJRT

/// GPUs that programs can be compiled for where there are none: see `Topology`.
public enum DescribedGPU: String, Sendable, CaseIterable {
    /// NVIDIA H100 SXM, 80 GB.
    case h100
    /// NVIDIA H200 SXM, 141 GB.
    case h200

    /// Compute capability.
    public var computeCapability: String { "9.0" }

    /// Memory that the card has, in bytes, as its driver reports it.
    public var memory: Int {
        switch self {
        case .h100: 85_520_809_984
        case .h200: 150_754_820_096
        }
    }

    /// One machine with a number of these GPUs, all linked with each other.
    /// - Throws: `PJRTError` where the plugin takes no such description.
    public func topology(count: Int, plugin: Plugin) throws(PJRTError) -> Topology {
        try Topology(plugin: plugin, options: ["topology": .string("1x1x\(count)"), "target_config": .string(properties)])
    }

    /// Properties as the CUDA driver reports them (limits of compute capability 9.0 are those of the CUDA programming guide), in the text form
    /// of XLA's `GpuTargetConfigProto`.
    private var properties: String {
        let (name, bandwidth) =
            switch self {
            case .h100: ("NVIDIA H100 80GB HBM3", 3_352_320_000_000)
            case .h200: ("NVIDIA H200", 4_800_000_000_000)
            }
        return """
            platform_name: "CUDA" device_description_str: "\(name)" dnn_version_info { major: 9 minor: 19 }
            gpu_device_info {
              name: "\(name)" cuda_compute_capability { major: 9 feature_extension: ACCELERATED_FEATURES }
              core_count: 132 fpus_per_core: 128 clock_rate_ghz: 1.98 threads_per_warp: 32
              device_memory_size: \(memory) memory_bandwidth: \(bandwidth) l2_cache_size: 52428800
              shared_memory_per_core: 233472 shared_memory_per_block: 49152 shared_memory_per_block_optin: 232448
              threads_per_core_limit: 2048 threads_per_block_limit: 1024 registers_per_core_limit: 65536 registers_per_block_limit: 65536
              block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
              driver_version: "13.0.0" runtime_version: "13.0.0" compile_time_toolkit_version: "13.0.0" dnn_version: "9.19.0"
              device_interconnect_info { active_links: 18 }
            }
            """
    }
}

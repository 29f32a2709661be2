import CPJRT

/// A device allocator's figures, in bytes. All but `bytesInUse` are nil where the platform does not keep them.
public struct MemoryStats: Sendable, Hashable {
    /// Allocated now.
    public let bytesInUse: Int
    /// The most ever allocated at once.
    public let peakBytesInUse: Int?
    /// The most that may be allocated.
    public let bytesLimit: Int?
    /// The largest single allocation so far.
    public let largestAllocation: Int?
    /// The largest allocation that would succeed without more memory from the device.
    public let largestFreeBlock: Int?
    /// Held by the allocator, in use or not.
    public let poolBytes: Int?

    init(_ stats: PJRT_Device_MemoryStats_Args) {
        bytesInUse = Int(stats.bytes_in_use)
        peakBytesInUse = stats.peak_bytes_in_use_is_set ? Int(stats.peak_bytes_in_use) : nil
        bytesLimit = stats.bytes_limit_is_set ? Int(stats.bytes_limit) : nil
        largestAllocation = stats.largest_alloc_size_is_set ? Int(stats.largest_alloc_size) : nil
        largestFreeBlock = stats.largest_free_block_bytes_is_set ? Int(stats.largest_free_block_bytes) : nil
        poolBytes = stats.pool_bytes_is_set ? Int(stats.pool_bytes) : nil
    }
}

/// The memory that one device needs for one run of a compiled program, in bytes, as the compiler planned it.
public struct CompiledMemoryStats: Sendable, Hashable {
    /// One memory's share.
    public struct Sizes: Sendable, Hashable {
        /// All arguments.
        public let arguments: Int
        /// All results, those that take a donated argument's place included.
        public let outputs: Int
        /// The part of `arguments` whose memory is reused for results.
        public let aliased: Int
        /// Intermediate values.
        public let temporaries: Int
        /// The program itself.
        public let generatedCode: Int

        /// What a run holds at once: arguments, new results, intermediate values and code.
        public var total: Int { arguments + outputs - aliased + temporaries + generatedCode }
    }

    /// The device's own memory.
    public let device: Sizes
    /// Host memory used by the program.
    public let host: Sizes
    /// The largest amount in use at any point of a run, or nil where the plugin does not say.
    public let peak: Int?

    init(_ stats: PJRT_Executable_GetCompiledMemoryStats_Args) {
        device = Sizes(
            arguments: Int(stats.argument_size_in_bytes), outputs: Int(stats.output_size_in_bytes), aliased: Int(stats.alias_size_in_bytes),
            temporaries: Int(stats.temp_size_in_bytes), generatedCode: Int(stats.generated_code_size_in_bytes))
        host = Sizes(
            arguments: Int(stats.host_argument_size_in_bytes), outputs: Int(stats.host_output_size_in_bytes),
            aliased: Int(stats.host_alias_size_in_bytes), temporaries: Int(stats.host_temp_size_in_bytes),
            generatedCode: Int(stats.host_generated_code_size_in_bytes))
        peak = stats.peak_memory_in_bytes > 0 ? Int(stats.peak_memory_in_bytes) : nil
    }
}

/// What a device can do at best.
enum DevicePeak {
    /// Dense bfloat16 operations a second of a GPU, by the name that the plugin gives it (vendors' data sheets, no sparsity).
    static func bfloat16Operations(_ kind: String) -> Double? {
        let known: [(String, Double)] = [
            ("H200", 989e12), ("H100 PCIe", 756e12), ("H100", 989e12), ("B200", 2_250e12), ("A100", 312e12), ("L40S", 362e12),
            ("4090", 165e12),
        ]
        return known.first { kind.contains($0.0) }?.1
    }
}

import DynamicLibrary
import PJRT

extension Runtime {
    /// What Native/kernels_cpu exports, each under the name that programs call it by.
    private static let processorKernels = [
        "argonne_dot_f32", "argonne_attention_f32", "argonne_attention_gradient_f32", "argonne_cross_entropy_f32", "argonne_adamw_f32",
        "argonne_sum_of_squares_f32", "argonne_rms_norm_f32", "argonne_rms_norm_gradient_f32", "argonne_uninitialized",
    ]

    /// Makes the kernels for the processor known to a client and returns their names: none where their library is not built, or where the
    /// plugin takes none. Programs are then written in plain operations.
    static func registerProcessorKernels(with client: Client) -> Set<String> {
        guard let library = try? DynamicLibrary.native("kernels_cpu") else { return [] }
        return Set(
            processorKernels.filter { name in
                guard let handler = try? library.symbol(named: name) else { return false }
                return (try? client.registerCustomCall(name: name, handler: handler)) != nil
            })
    }
}

import DynamicLibrary
import Foundation
import PJRT

extension Runtime {
    /// What Native/kernels_cpu exports, each under the name that programs call it by.
    private static let processorKernels = [
        "argonne_dot_f32", "argonne_attention_f32", "argonne_attention_gradient_f32", "argonne_cross_entropy_f32", "argonne_adamw_f32",
        "argonne_sum_of_squares_f32", "argonne_uninitialized",
    ]

    /// Makes the kernels for the processor known to a client and returns their names: none where their library is not built, or where the
    /// plugin takes none. Programs are then written in plain operations.
    static func registerProcessorKernels(with client: Client) -> Set<String> {
        prepareOpenBLAS()
        guard let library = try? DynamicLibrary.native("kernels_cpu") else { return [] }
        return Set(
            processorKernels.filter { name in
                guard let handler = try? library.symbol(named: name) else { return false }
                return (try? client.registerCustomCall(name: name, handler: handler)) != nil
            })
    }

    /// OpenBLAS, which the kernels use, chooses its code and starts its threads when it is loaded, by what the environment says.
    private static func prepareOpenBLAS() {
        // XLA's threads call it: it needs none of its own.
        setenv("OPENBLAS_NUM_THREADS", "1", 1)
        // AMD's Zen 4 runs AVX-512 in two halves; the code for AVX2 is faster there by a twentieth.
        let processor = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).prefix(1000)) ?? ""
        if processor.contains("AuthenticAMD"), processor.contains("cpu family\t: 25\n") { setenv("OPENBLAS_CORETYPE", "Haswell", 0) }
    }
}

import PJRT
import SPMD
import StableHLO

/// One computation twice: with the project's kernels and in plain operations.
package struct KernelComparison {
    /// The results with kernels.
    package let fused: [HostTensor]
    /// The results in plain operations.
    package let plain: [HostTensor]
    /// The names of the kernels that the program calls.
    package let called: Set<String>

    /// Runs a program on one device, with kernels and without.
    package init(_ arguments: [HostTensor], _ body: (Graph, [Value]) -> [Value]) throws {
        func run(usesKernels: Bool) throws -> ([HostTensor], Set<String>) {
            let runtime = try Runtime(client: TestClient.shared, mesh: Mesh(), usesKernels: usesKernels)
            let graph = Graph()
            let results = body(graph, arguments.enumerated().map { graph.parameter("x\($0)", $1.type.shape, $1.type.element) })
            let text = try graph.stableHLO(results: results, kernels: runtime.kernels)
            let program = try runtime.compile(graph, results: results.map { ($0, .replicated) })
            let inputs = try arguments.map { argument in
                try argument.bytes.withUnsafeBytes { try runtime.array(from: $0, type: argument.type) }
            }
            return (try program(inputs).map { try HostTensor($0.buffers[0]) }, runtime.kernels.filter { text.contains("\"\($0)\"") })
        }
        (fused, called) = try run(usesKernels: true)
        (plain, _) = try run(usesKernels: false)
    }

    /// The greatest difference between the two, relative to the greatest number of each tensor.
    package var difference: Double {
        zip(fused, plain).map { fused, plain in
            let scale = plain.numbers.reduce(1e-30) { max($0, abs($1)) }
            let worst = zip(fused.numbers, plain.numbers).reduce(0) { $1.0.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
            return fused.type == plain.type ? worst / scale : .infinity
        }.max() ?? 0
    }

    /// Random float32 numbers of the standard normal distribution.
    package static func normal(_ shape: [Int], seed: UInt64) -> HostTensor {
        HostTensor(HostTensor.normal(shape, seed: seed).numbers.map(Float.init), shape)
    }
}

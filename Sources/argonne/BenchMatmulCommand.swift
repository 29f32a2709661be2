import Foundation
import JSON
import PJRT
import SPMD
import StableHLO

/// `argonne bench matmul`: the rate of matrix products that a device reaches, which no training step exceeds.
struct BenchMatmulCommand: Command {
    static let name = "bench matmul"
    static let summary = "Time products of square matrices of random numbers; prints one JSON line."
    static let discussion = "The rate is what a training step's operations are a share of, measured in the same run."

    @Option("rows and columns", must: .be(1...)) var size = 4096
    @Option("products that follow one another in one program", must: .be(1...)) var products = 8
    @Option("programs that are timed; the fastest counts", must: .be(1...)) var steps = 10
    @Option("bfloat16 instead of float32") var bf16 = false
    @Option("what computes") var device: Device = .cpu

    func run() throws {
        let runtime = try Runtime(device.plugin)
        let element: ElementType = bf16 ? .bf16 : .f32
        let graph = Graph()
        let x = graph.parameter("x", [size, size], element)
        let a = graph.parameter("a", [size, size], element)
        // One after the other, so that none can be left out; numbers keep their size.
        let y = (0..<products).reduce(x) { y, _ in einsum("ij,jk->ik", a, y) }
        let program = try runtime.compile(graph, results: [(y, .replicated)], name: "matmul")

        let (x0, a0) = (try random(scale: 1, on: runtime, element), try random(scale: 1 / Double(size).squareRoot(), on: runtime, element))
        var seconds: [Double] = []
        for _ in 0..<(steps + 2) {
            let start = ContinuousClock.now
            let results = try program([x0, a0])
            try results[0].buffers[0].ready().await()
            seconds.append(start.duration(to: .now) / .seconds(1))
        }
        let best = seconds.dropFirst(2).min() ?? .infinity
        let operations = 2 * Double(size) * Double(size) * Double(size) * Double(products)
        let result: JSONValue = [
            "framework": .string("argonne \(version)"), "device": .string(runtime.devices[0].kind), "size": JSONValue(integerLiteral: size),
            "element": .string("\(element)"), "seconds": .number(String(format: "%.6f", best)),
            "tflops": .number(String(format: "%.4f", operations / best / 1e12)),
        ]
        try StandardOutput.write("\(result)\n")
    }

    private func random(scale: Double, on runtime: Runtime, _ element: ElementType) throws -> ShardedArray {
        var generator = SystemRandomNumberGenerator()
        // Uniform numbers of variance scale²; a product's rate on a GPU depends on the power that its numbers draw, so zeros would flatter it.
        let limit = Float(scale * 3.0.squareRoot())
        let values = (0..<(size * size)).map { _ in Float.random(in: -limit...limit, using: &generator) }
        guard element == .bf16 else { return try runtime.array(values, shape: [size, size]) }
        return try runtime.array(values.map { BFloat16($0) }, shape: [size, size])
    }
}

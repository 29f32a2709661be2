import PJRT
import StableHLO

/// Builds a program, compiles it for the processor and runs it.
///
///     let y = try Evaluator.run([HostTensor([1.0, 2.0])]) { graph, x in [exp(x[0])] }[0].numbers
package enum Evaluator {
    /// The results of a program on one device.
    package static func run(_ arguments: [HostTensor] = [], _ body: (Graph, [Value]) -> [Value]) throws -> [HostTensor] {
        try program(arguments.map(\.type), body)(arguments)
    }

    /// The results of a program on several devices, a list each; `arguments` are a list for each device.
    package static func run(
        devices: Int, _ arguments: [[HostTensor]] = [], _ body: (Graph, [Value]) -> [Value]
    ) throws -> [[HostTensor]] {
        let lists = arguments.isEmpty ? Array(repeating: [], count: devices) : arguments
        return try program(devices: devices, lists[0].map(\.type), body).run(lists)
    }

    /// A compiled program, for many runs.
    package static func program(devices: Int = 1, _ types: [TensorType], _ body: (Graph, [Value]) -> [Value]) throws -> CompiledGraph {
        let text = try text(devices: devices, types, body)
        // Tests run each program a few times at most; the time goes into compiling.
        let options = CompileOptions(
            replicas: devices, flags: ["xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": false])
        return CompiledGraph(executable: try TestClient.shared.compile(text, options: options))
    }

    /// A program's StableHLO.
    package static func text(devices: Int = 1, _ types: [TensorType], _ body: (Graph, [Value]) -> [Value]) throws -> String {
        let graph = Graph()
        let parameters = types.enumerated().map { graph.parameter("x\($0)", $1.shape, $1.element) }
        return try graph.stableHLO(results: body(graph, parameters), replicas: devices)
    }
}

/// A program to run on the processor's virtual devices.
package struct CompiledGraph: Sendable {
    /// What runs it.
    package let executable: LoadedExecutable

    /// The results on one device.
    package func callAsFunction(_ arguments: [HostTensor]) throws -> [HostTensor] { try run([arguments])[0] }

    /// The results on each device, given arguments for each.
    package func run(_ arguments: [[HostTensor]]) throws -> [[HostTensor]] {
        let buffers = try zip(arguments, executable.devices).map { list, device in try list.map { try $0.buffer(on: device) } }
        return try executable.execute(buffers).map { try $0.map { try HostTensor($0) } }
    }
}

import ArgonneData
import ArgonneModels
import PJRT
import SPMD
import StableHLO

/// How many sequences a step reads, and how.
public struct BatchLayout: Codable, Sendable, Hashable {
    /// Sequences that each device of the data axis reads at once.
    public var microBatch: Int
    /// Passes whose gradients are added up before the weights change.
    public var accumulation: Int
    /// Tokens in a sequence.
    public var sequenceLength: Int

    /// A layout.
    public init(microBatch: Int, accumulation: Int = 1, sequenceLength: Int) {
        self.microBatch = microBatch
        self.accumulation = accumulation
        self.sequenceLength = sequenceLength
    }

    /// Half the micro-batch and twice the accumulation; nil where the micro-batch is 1 or odd.
    var halved: BatchLayout? {
        microBatch % 2 == 0
            ? BatchLayout(microBatch: microBatch / 2, accumulation: accumulation * 2, sequenceLength: sequenceLength) : nil
    }

    /// Sequences in a step over all devices.
    public func sequences(on mesh: Mesh) -> Int { microBatch * accumulation * mesh.size(.data) }
    /// Tokens in a step over all devices.
    public func tokens(on mesh: Mesh) -> Int { sequences(on: mesh) * sequenceLength }
}

/// One optimizer step as one program: loss, gradients, clipping, AdamW and the learning rate, with the state updated in place.
public struct TrainingStep: Sendable {
    /// The layout that it was compiled for.
    public let layout: BatchLayout
    /// The compiled program.
    public let program: Program
    private let runtime: Runtime
    private let hasSegments: Bool

    /// What a step tells. Reading a number waits for the step.
    public struct Outcome: Sendable {
        private let numbers: ShardedArray

        init(_ numbers: ShardedArray) { self.numbers = numbers }

        /// Mean cross-entropy over the step's tokens, in nats; norm of the gradients before clipping; learning rate; tokens that counted.
        public func read() throws -> (loss: Float, gradientNorm: Float, learningRate: Float, tokens: Int) {
            let values: [Float] = try numbers.buffers[0].copyToHost()
            return (values[0], values[1], values[2], Int(values[3]))
        }
    }

    /// Compiles the step.
    ///
    /// - Parameter hasSegments: whether batches name each token's document and attention keeps to it.
    public init(
        _ plan: ModelPlan, _ optimizer: AdamW, _ schedule: LearningRateSchedule, _ layout: BatchLayout, hasSegments: Bool = false,
        on runtime: Runtime, flags: [String: CompileOptions.OptionValue] = [:]
    ) throws {
        self.layout = layout
        self.runtime = runtime
        self.hasSegments = hasSegments
        let (graph, results, stateCount) = try Self.graph(plan, optimizer, schedule, layout, hasSegments: hasSegments)
        let donated = Dictionary(uniqueKeysWithValues: (0..<stateCount).map { ($0, $0) })
        program = try runtime.compile(graph, results: results, donated: donated, name: "train_step", flags: flags)
    }

    /// Compiles the step for GPUs that need not be here; it cannot run.
    ///
    /// - Throws: `PJRTError` where the CUDA plugin is not there or XLA refuses the program.
    public static func compiled(
        _ plan: ModelPlan, _ optimizer: AdamW, _ schedule: LearningRateSchedule, _ layout: BatchLayout, hasSegments: Bool = false,
        for gpu: DescribedGPU, flags: [String: CompileOptions.OptionValue] = [:]
    ) throws -> Executable {
        let (graph, results, stateCount) = try Self.graph(plan, optimizer, schedule, layout, hasSegments: hasSegments)
        let donated = Dictionary(uniqueKeysWithValues: (0..<stateCount).map { ($0, $0) })
        let count = plan.mesh.deviceCount
        let text = try graph.stableHLO(results: results.map(\.value), name: "train_step", replicas: count, donated: donated)
        let topology = try gpu.topology(count: count, plugin: .named(.cuda))
        let options = CompileOptions(replicas: count, flags: PlatformOptions.flags(.cuda, deviceCount: count).merging(flags) { $1 })
        return try topology.compile(text, options: options)
    }

    /// The step's program before compilation. Parameters: state, tokens, labels, segments. Results: state, [loss, norm, rate, tokens].
    package static func graph(
        _ plan: ModelPlan, _ optimizer: AdamW, _ schedule: LearningRateSchedule, _ layout: BatchLayout, hasSegments: Bool
    ) throws -> (graph: Graph, results: [(value: Value, sharding: Sharding)], stateCount: Int) {
        let graph = Graph()
        let shapes = try plan.localShapes()
        let parameters = { (prefix: String) in zip(plan.weights, shapes).map { graph.parameter(prefix + $0.name, $1, .f32) } }
        let (weights, means, squares) = (parameters(""), parameters("mean of "), parameters("square of "))
        let step = graph.parameter("step", [], .i32)
        let batch = ["tokens", "labels"] + (hasSegments ? ["segments"] : [])
        let inputs = batch.map { graph.parameter($0, [layout.accumulation, layout.microBatch, layout.sequenceLength], .i32) }

        let total = accumulated(plan, weights, inputs, layout, step: step, in: graph)
        let dataAxis = plan.mesh.groups(along: .data)
        let count = total.count.allReduced(over: dataAxis)
        let share = 1 / max(count, graph.constant(1, .f32))
        let loss = total.loss.allReduced(over: dataAxis) * share
        let gradients = total.gradients.map { $0.allReduced(over: dataAxis) }

        // Gradients stay those of the sum: the factor that makes them the mean's goes into the update.
        let norm = sqrt(squaredNorm(gradients, plan)) * share
        let before = step.converted(to: .f32)
        let rate = schedule.rate(at: before)
        // A step whose loss or gradients are not finite changes nothing, so that the state can still be saved.
        let isFinite = (loss - loss .== 0) & (norm - norm .== 0)
        let shared = optimizer.step(before, rate: rate, norm: norm, share: share, isFinite: isFinite)
        var updated: [[Value]] = [[], [], []]
        for index in weights.indices {
            let new = optimizer.update(
                weights[index], mean: means[index], square: squares[index], gradient: gradients[index], decays: plan.weights[index].decays,
                shared)
            for (part, value) in new.enumerated() { updated[part].append(value) }
        }
        let numbers = concatenate([loss, norm, rate, count].map { $0.reshaped([1]) }, along: 0)
        let shardings = plan.weights.map(\.stackedSharding)
        let results =
            zip(updated.flatMap { $0 }, shardings + shardings + shardings).map { (value: $0, sharding: $1) }
            + [(step + isFinite.converted(to: .i32), .replicated), (numbers, .replicated)]
        return (graph, results, 3 * weights.count + 1)
    }

    /// Sums of loss, counted tokens and gradients over the passes of a step, on this device.
    private static func accumulated(
        _ plan: ModelPlan, _ weights: [Value], _ inputs: [Value], _ layout: BatchLayout, step: Value, in graph: Graph
    ) -> (loss: Value, count: Value, gradients: [Value]) {
        func pass(_ number: Value, _ batch: [Value]) -> [Value] {
            let (sum, count) = plan.loss(
                batch[0], batch[1], segments: batch.count > 2 ? batch[2] : nil, weights, step: step.converted(to: .u32), pass: number)
            return [sum, count] + gradients(of: sum, withRespectTo: weights)
        }
        let totals: [Value]
        if layout.accumulation == 1 {
            totals = pass(graph.constant(0, .u32), inputs.map { $0.reshaped([layout.microBatch, layout.sequenceLength]) })
        } else {
            let start = [graph.constant(0, .f32), graph.constant(0, .f32)] + weights.map { graph.constant(0, .f32, shape: $0.shape) }
            let numbers = graph.iota([layout.accumulation], .u32)
            totals =
                graph.scan(carry: start, over: [numbers] + inputs) { _, sums, rows in
                    (zip(sums, pass(rows[0], Array(rows[1...]))).map { $0 + $1 }, [])
                }.carried
        }
        return (totals[0], totals[1], Array(totals[2...]))
    }

    /// Sum of squares over all weights: parts of a divided weight add up over the tensor axis, a replicated weight counts once.
    private static func squaredNorm(_ gradients: [Value], _ plan: ModelPlan) -> Value {
        let graph = gradients[0].graph
        let squares = gradients.map { gradient in
            graph.kernel(Kernel("argonne_sum_of_squares_\(gradient.element.mlirName)"), [gradient]) { [($0[0] * $0[0]).sum()] }[0]
        }
        let isDivided = plan.weights.map { $0.stackedSharding.dimension(along: .tensor) != nil }
        let sum = { (isWanted: Bool) in
            zip(squares, isDivided).filter { $1 == isWanted }.map(\.0).reduce(nil) { (a: Value?, b) in a.map { $0 + b } ?? b }
        }
        let whole = sum(false)
        guard let parts = sum(true)?.allReduced(over: plan.mesh.groups(along: .tensor)) else { return whole ?? squares[0] }
        return whole.map { $0 + parts } ?? parts
    }

    /// Starts a step on a batch and replaces the state by what it will be.
    public func run(_ state: inout TrainingState, _ batch: Batch) throws -> Outcome {
        try run(&state, tokens: batch.inputs(of: batch.tokens), targets: batch.targets, segments: batch.segments.map(batch.inputs(of:)))
    }

    /// The same on rows of `layout.sequenceLength` numbers, which are dealt out in order: first over passes, then over the devices of the data
    /// axis.
    ///
    /// - Parameters:
    ///   - targets: the token after each, or `CrossEntropy.ignoredLabel`.
    ///   - segments: each token's document, where the step was compiled for them.
    /// - Precondition: as many rows as the layout has sequences.
    public func run(_ state: inout TrainingState, tokens: [Int32], targets: [Int32], segments: [Int32]? = nil) throws -> Outcome {
        let shape = [layout.accumulation, layout.microBatch * runtime.mesh.size(.data), layout.sequenceLength]
        precondition(tokens.count == shape.reduce(1, *) && targets.count == tokens.count, "a batch of another layout")
        var inputs = [tokens, targets]
        if hasSegments { inputs.append(segments ?? Array(repeating: 0, count: tokens.count)) }
        let arrays = try inputs.map { try runtime.array($0, shape: shape, sharding: .split(1, .data)) }
        let results = try program(state.all + arrays)
        state = TrainingState(Array(results.dropLast()))
        return Outcome(results[results.count - 1])
    }
}

extension Batch {
    /// The first T columns of rows of T + 1.
    fileprivate func inputs(of values: [Int32]) -> [Int32] {
        var inputs: [Int32] = []
        inputs.reserveCapacity(shape.rows * shape.sequenceLength)
        for row in 0..<shape.rows { inputs += values[(row * (shape.sequenceLength + 1))...].prefix(shape.sequenceLength) }
        return inputs
    }
}

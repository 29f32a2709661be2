import ArgonneModels
import Foundation
import PJRT
import SPMD
import StableHLO
import Synchronization

/// How well a model predicts texts: mean cross-entropy of each token given those before it, and its exponential, the perplexity.
///
/// A text that is longer than the window is read in windows that overlap. Each token counts once, in the first window that holds it, so that
/// it sees at least window − stride tokens before it.
public final class Perplexity: Sendable {
    /// Tokens that are read at once, at most.
    public let window: Int
    /// Tokens between the beginnings of two windows of a text.
    public let stride: Int
    /// Windows that are read at the same time.
    public let batchSize: Int
    private let loaded: LoadedModel
    /// Compiled programs by the length that windows are padded to.
    private let programs = Mutex<[Int: Program]>([:])
    private static let shortestLength = 64

    /// Sum of −log p in nats over the tokens that count, and their number: all but the first of each text.
    public struct Score: Sendable, Hashable {
        /// Sum of −log p, in nats.
        public var sum = 0.0
        /// Number of tokens predicted.
        public var tokens = 0

        /// Mean cross-entropy, in nats; not a number where nothing was predicted.
        public var loss: Double { sum / Double(tokens) }
        /// e to the power of the loss.
        public var perplexity: Double { exp(loss) }
    }

    /// - Parameters:
    ///   - window: the model's context where nil.
    ///   - stride: half the window where nil.
    /// - Throws: `InferenceError` where a number is out of its range.
    public init(_ model: LoadedModel, window: Int? = nil, stride: Int? = nil, batchSize: Int = 8) throws(InferenceError) {
        let context = model.model.contextLength
        let window = window ?? context
        guard (2...context).contains(window) else {
            throw .invalidOption(name: "window", value: "\(window)", expected: "from 2 to the context of \(context)")
        }
        let stride = stride ?? max(1, window / 2)
        guard (1...window).contains(stride) else {
            throw .invalidOption(name: "stride", value: "\(stride)", expected: "from 1 to the window of \(window)")
        }
        guard batchSize > 0 else { throw .invalidOption(name: "batch-size", value: "\(batchSize)", expected: "at least 1") }
        let devices = model.runtime.mesh.size(.data)
        loaded = model
        self.window = window
        self.stride = stride
        self.batchSize = (batchSize + devices - 1) / devices * devices
    }

    /// A piece of a text: tokens, and the label of each.
    private struct Window {
        let text: Int
        let tokens: [Int32]
        let labels: [Int32]
    }

    /// The score of each text, in order; `total` of them is the sums' sum over the numbers' sum.
    ///
    /// - Parameter texts: read one after the other, so that they may be made as they are needed.
    /// - Throws: `InferenceError` for a text that holds tokens that the model does not know.
    public func callAsFunction(_ texts: some Sequence<[Int32]>) throws -> [Score] {
        var scores: [Score] = []
        var waiting: [Int: [Window]] = [:]

        func read(_ windows: [Window], length: Int) throws {
            for (window, sum) in zip(windows, try sums(of: windows, length: length)) {
                scores[window.text].sum += Double(sum)
                scores[window.text].tokens += window.labels.count { $0 != Int32(CrossEntropy.ignoredLabel) }
            }
        }
        for (index, tokens) in texts.enumerated() {
            scores.append(Score())
            if tokens.isEmpty { continue }
            try loaded.check(tokens, index: index)
            for piece in windows(of: tokens, text: index) {
                let length = paddedLength(piece.tokens.count)
                waiting[length, default: []].append(piece)
                if waiting[length]?.count == batchSize { try read(waiting.removeValue(forKey: length) ?? [], length: length) }
            }
        }
        for (length, windows) in waiting.sorted(by: { $0.key < $1.key }) { try read(windows, length: length) }
        return scores
    }

    /// The score of all texts together.
    public static func total(_ scores: [Score]) -> Score {
        scores.reduce(into: Score()) { total, score in
            total.sum += score.sum
            total.tokens += score.tokens
        }
    }

    private func windows(of tokens: [Int32], text: Int) -> [Window] {
        var windows: [Window] = []
        var (start, counted) = (0, 1)
        while counted < tokens.count {
            let end = min(start + window, tokens.count)
            let labels = (start..<end).map { position in
                let next = position + 1
                return next >= counted && next < end ? tokens[next] : Int32(CrossEntropy.ignoredLabel)
            }
            windows.append(Window(text: text, tokens: Array(tokens[start..<end]), labels: labels))
            counted = end
            start += stride
        }
        return windows
    }

    /// Windows are padded to a power of two, so that few programs are compiled.
    private func paddedLength(_ count: Int) -> Int {
        var length = Self.shortestLength
        while length < count { length *= 2 }
        return min(length, window)
    }

    /// The program that maps tokens and labels [B, T] to a sum for each row.
    private func program(length: Int) throws -> Program {
        if let known = programs.withLock({ $0[length] }) { return known }
        let (model, mesh) = (loaded.model, loaded.runtime.mesh)
        let rows = batchSize / mesh.size(.data)
        let graph = Graph()
        let weights = try loaded.plan.parameters(of: graph)
        let tokens = graph.parameter("tokens", [rows, length], .i32)
        let labels = graph.parameter("labels", [rows, length], .i32)
        let hidden = model.hidden(tokens, weights, ForwardContext(mesh: mesh, compute: loaded.compute))
        let sums = (0..<rows).map { row in
            let part = { (value: Value) in value.sliced(0, row..<(row + 1)) }
            return CrossEntropy()(part(hidden), head: weights.outer[model.headName], labels: part(labels)).sum.reshaped([1])
        }
        let program = try loaded.runtime.compile(
            graph, results: [(concatenate(sums, along: 0), .split(0, .data))], name: "perplexity_\(length)")
        programs.withLock { $0[length] = program }
        return program
    }

    private func sums(of windows: [Window], length: Int) throws -> [Float] {
        func padded(_ values: (Window) -> [Int32], _ padding: Int) throws -> ShardedArray {
            var all = Array(repeating: Int32(padding), count: batchSize * length)
            for (row, window) in windows.enumerated() {
                all.replaceSubrange((row * length)..<(row * length + window.tokens.count), with: values(window))
            }
            return try loaded.runtime.array(all, shape: [batchSize, length], sharding: .split(0, .data))
        }
        let inputs = try [padded(\.tokens, 0), padded(\.labels, CrossEntropy.ignoredLabel)]
        let sums: [Float] = try program(length: length)(loaded.arguments + inputs)[0].values()
        guard sums.allSatisfy({ !$0.isNaN }) else { throw InferenceError.notANumber }
        return sums
    }
}

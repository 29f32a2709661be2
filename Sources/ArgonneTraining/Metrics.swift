import ArgonneData
import Foundation

/// What one step came to: a line of `metrics.jsonl`.
public struct StepMetrics: Codable, Sendable {
    /// Steps taken, this one included.
    public var step: Int
    /// Tokens trained on so far.
    public var tokens: Int
    /// Mean cross-entropy in nats.
    public var loss: Double
    /// Norm of all gradients before clipping.
    public var gradientNorm: Double
    /// Learning rate.
    public var learningRate: Double
    /// Over this step, all devices together.
    public var tokensPerSecond: Double
    /// 10¹² floating-point operations a second that the model needs, all devices together.
    public var teraflops: Double
    /// Share of the devices' peak, where that is known.
    public var peakShare: Double?
    /// Share of the step's time in which the loop waited for data; the device may have been at work meanwhile.
    public var dataWaitFraction: Double
    /// How often the data has been read before, from 0; of a mixture, the source that has been read least.
    public var epoch: Int
    /// Documents used so far.
    public var documents: Int
    /// Documents left out so far, by the rule that they broke.
    public var dropped: [DropRule: Int]
    /// Shards passed over so far because they could not be read.
    public var brokenShards: Int
    /// Memory in use, in GiB: of the fullest device, or of the process on a CPU.
    public var memoryGiB: Double

    enum CodingKeys: String, CodingKey {
        case step, tokens, loss, epoch, documents, dropped
        case gradientNorm = "grad_norm"
        case learningRate = "learning_rate"
        case tokensPerSecond = "tokens_per_second"
        case teraflops = "tflops"
        case peakShare = "mfu"
        case dataWaitFraction = "data_wait_fraction"
        case brokenShards = "broken_shards"
        case memoryGiB = "memory_gib"
    }
}

/// A file of JSON lines that a run adds to.
///
/// A line is written in one piece, so a killed run leaves at most one line torn; going on drops it and what was after the checkpoint.
final class LineLog<Line: Codable> {
    private let file: FileHandle
    private let encoder: JSONEncoder

    /// Opens the log with the lines for which `isKept` holds.
    init(path: String, keeping isKept: (Line) -> Bool) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let kept = Self.read(path).filter(isKept)
        let text = try kept.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        guard let file = FileHandle(forWritingAtPath: path) else { throw TrainingError("\(path) cannot be written") }
        self.encoder = encoder
        self.file = file
        try file.seekToEnd()
    }

    /// Adds a line.
    func append(_ line: Line) throws { try file.write(contentsOf: encoder.encode(line) + Data("\n".utf8)) }

    /// The whole lines of a log; none where there is no such file.
    static func read(_ path: String) -> [Line] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return data.split(separator: UInt8(ascii: "\n")).compactMap { try? decoder.decode(Line.self, from: $0) }
    }
}

/// A text that the model wrote during a run: a line of `samples.jsonl`.
struct Sample: Codable {
    var step: Int
    var prompt: String
    var text: String
}

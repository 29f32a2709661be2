import Synchronization

/// The encoders of one tokenizer. Each is used by one thread at a time and keeps its cache warm for the next.
final class EncoderPool: Sendable {
    private let rules: EncodingRules
    private let idle = Mutex<[Idle]>([])

    /// An encoder in nobody's hands: it goes from one thread to another only through the lock.
    private struct Idle: @unchecked Sendable {
        let encoder: Encoder
    }

    init(_ rules: EncodingRules) { self.rules = rules }

    /// Lends an encoder for the time of `body`.
    func withEncoder<Result>(_ body: (Encoder) -> Result) -> Result {
        let lent = idle.withLock { $0.popLast() } ?? Idle(encoder: Encoder(rules))
        defer { idle.withLock { $0.append(lent) } }
        return body(lent.encoder)
    }
}

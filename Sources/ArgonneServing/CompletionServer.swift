import ArgonneInference
import ArgonneModels
import ArgonneTokenizer
import Foundation

/// A model behind OpenAI's completions and chat interfaces, over HTTP.
///
///     let server = try CompletionServer(model, tokenizer: tokenizer, name: "argonne-2", options: .init())
///     print("listening on port \(server.port)")
///     …
///     server.stop(grace: 10)
public final class CompletionServer: Sendable {
    /// Where to listen, and how much to take.
    public struct Options: Sendable {
        /// A name or address of this machine.
        public var host = "127.0.0.1"
        /// 0 for any that is free.
        public var port: UInt16 = 0
        /// Texts that are written at the same time.
        public var batchSize = 8
        /// Texts that may wait for a place among them.
        public var queueLimit = 64
        /// New tokens that a text may have; nil for as many as the context holds.
        public var tokenLimit: Int?
        /// Bytes of a request's body.
        public var bodyLimit = 1 << 20

        /// The defaults.
        public init() {}
    }

    private let scheduler: Scheduler
    private let http: HTTPServer

    /// Compiles the model's programs and begins to listen.
    ///
    /// - Parameters:
    ///   - name: what clients call the model.
    ///   - stopTokens: tokens that end a text.
    /// - Throws: `ServingError` where the address cannot be had, beside what the model's programs throw.
    public init(_ model: LoadedModel, tokenizer: Tokenizer, name: String, stopTokens: Set<Int32>, options: Options) throws {
        let context = model.model.contextLength
        let served = ServedModel(
            name: name, tokenizer: tokenizer, contextLength: context, vocabularySize: model.model.vocabularySize, stopTokens: stopTokens,
            limits: .init(newTokens: min(options.tokenLimit ?? context, context), queue: options.queueLimit),
            created: Int(Date().timeIntervalSince1970))
        let batch = try ContinuousBatch(model, tokenizer: tokenizer, rows: options.batchSize)
        let scheduler = Scheduler(batch, queueLimit: options.queueLimit)
        let router = Router(model: served, bodyLimit: options.bodyLimit, scheduler: scheduler, metrics: ServerMetrics())
        // Enough connections for every text that may run or wait, and some to be told that the queue is full.
        let http = HTTPServer.Options(
            host: options.host, port: options.port, bodyLimit: options.bodyLimit,
            connectionLimit: batch.rowCount + options.queueLimit + 64)
        do {
            self.http = try HTTPServer(http) { router.handle($0) }
        } catch {
            scheduler.stop(grace: 0)
            throw error
        }
        self.scheduler = scheduler
    }

    deinit { stop(grace: 0) }

    /// The port that it listens on.
    public var port: Int { http.port }

    /// Why the server cannot go on, where it cannot.
    public var failure: (any Error)? { scheduler.failure }

    /// Takes no more requests, gives texts under way so many seconds, answers the others with 503, and ends.
    public func stop(grace: Double) {
        http.stopAccepting()
        scheduler.stop(grace: grace)
        http.stop(patience: 2)
    }
}

import ArgonneInference
import JSON
import Synchronization

/// The answer to a completion request while it is being written: as events where the client wants a stream, else in one piece at the end.
final class CompletionReply: Sendable {
    let request: CompletionRequest
    private let exchange: HTTPExchange
    private let format: CompletionFormat
    private let metrics: ServerMetrics
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    private struct State {
        var choices: [(text: String, tokens: Int, end: Generation.End?)]
        var hasBegun = false
        /// Whether there is nothing more to say.
        var isDone = false
    }

    init(_ request: CompletionRequest, on exchange: HTTPExchange, model: String, metrics: ServerMetrics) {
        self.request = request
        self.exchange = exchange
        self.metrics = metrics
        format = CompletionFormat(request.kind, model: model)
        state = Mutex(State(choices: Array(repeating: ("", 0, nil), count: request.choiceCount)))
    }

    /// Whether nobody waits for more: the client has gone, or was told that something broke.
    var isAbandoned: Bool {
        state.withLock { state in
            if !state.isDone, exchange.isGone {
                state.isDone = true
                record(499)  // as nginx counts requests whose clients left
            }
            return state.isDone
        }
    }

    /// Takes what was written for a choice.
    func receive(_ piece: ContinuousBatch.Piece, choice: Int) {
        state.withLock { state in
            guard !state.isDone else { return }
            let isFirst = state.choices[choice].tokens == 0 && state.choices[choice].text.isEmpty
            if !state.hasBegun { begin(&state) }
            metrics.addGenerated(piece.tokens - state.choices[choice].tokens)
            state.choices[choice].tokens = piece.tokens
            state.choices[choice].end = piece.end
            if request.isStream {
                if isFirst, let opening = format.opening(choice) { send(opening) }
                if !piece.text.isEmpty || piece.end != nil { send(format.piece(choice, piece.text, piece.end)) }
            } else {
                state.choices[choice].text += piece.text
            }
            if state.choices.allSatisfy({ $0.end != nil }) { finish(&state) }
        }
    }

    /// Ends the answer with an error: as the answer, or as an event of one that has begun.
    func fail(_ error: APIError) {
        state.withLock { state in
            guard !state.isDone else { return }
            state.isDone = true
            if request.isStream, state.hasBegun {
                send(error.json)
                exchange.finish()
            } else {
                exchange.respond(status: error.status, type: "application/json", headers: error.headers, body: "\(error.json)\n")
            }
            record(error.status)
        }
    }

    private func begin(_ state: inout State) {
        state.hasBegun = true
        metrics.observeFirstToken(seconds: (ContinuousClock.now - start).seconds)
        metrics.addPrompt(request.promptTokens)
        if request.isStream { exchange.begin(status: 200, type: "text/event-stream", headers: [("Cache-Control", "no-cache")]) }
    }

    private func finish(_ state: inout State) {
        state.isDone = true
        let usage = CompletionFormat.Usage(prompt: request.promptTokens, completion: state.choices.reduce(0) { $0 + $1.tokens })
        if request.isStream {
            if request.includesUsage { send(format.counts(usage)) }
            exchange.send("data: [DONE]\n\n")
            exchange.finish()
        } else {
            let texts = state.choices.compactMap { choice in choice.end.map { (choice.text, $0) } }
            exchange.respond(status: 200, type: "application/json", body: "\(format.answer(texts, usage))\n")
        }
        record(200)
    }

    /// A server-sent event.
    private func send(_ json: JSONValue) { exchange.send("data: \(json)\n\n") }

    private func record(_ status: Int) {
        metrics.addRequest(exchange.path, status: status, seconds: (ContinuousClock.now - start).seconds)
    }
}

import Foundation
import JSON

/// Leads each request to what answers it.
struct Router: Sendable {
    /// What can be asked of the server.
    enum Endpoint: String, CaseIterable {
        case completions = "/v1/completions"
        case chat = "/v1/chat/completions"
        case models = "/v1/models"
        case health = "/health"
        case metrics = "/metrics"

        /// What a path leads to: one of these, or one model below `/v1/models`.
        init?(path: String) { self.init(rawValue: path.hasPrefix(Self.modelPrefix) ? Self.models.rawValue : path) }

        static let modelPrefix = models.rawValue + "/"

        var method: String { self == .completions || self == .chat ? "POST" : "GET" }
    }

    let model: ServedModel
    let bodyLimit: Int
    let scheduler: Scheduler
    let metrics: ServerMetrics

    /// Answers a request, or leaves it to the scheduler.
    func handle(_ exchange: HTTPExchange) {
        do {
            try route(exchange)
        } catch {
            let headers = error.status == 405 ? [("Allow", Endpoint(path: exchange.path)?.method ?? "")] : error.headers
            exchange.respond(status: error.status, type: "application/json", headers: headers, body: "\(error.json)\n")
            metrics.addRequest(exchange.path, status: error.status)
        }
    }

    private func route(_ exchange: HTTPExchange) throws(APIError) {
        guard !exchange.isTooLarge else {
            throw APIError(status: 413, message: "the body is longer than the \(bodyLimit) bytes that this server takes")
        }
        guard let endpoint = Endpoint(path: exchange.path) else {
            let known = Endpoint.allCases.map(\.rawValue).joined(separator: ", ")
            throw APIError(status: 404, message: "there is no \(exchange.path) here; there are \(known)", code: "not_found")
        }
        let method = exchange.method == "HEAD" ? "GET" : exchange.method  // of what HEAD gets, the library sends the headers alone
        guard method == endpoint.method else {
            throw APIError(
                status: 405, message: "\(exchange.path) takes \(endpoint.method), not \(exchange.method)", code: "method_not_allowed")
        }
        switch endpoint {
        case .completions: try complete(exchange, .text)
        case .chat: try complete(exchange, .chat)
        case .models: try describeModels(exchange)
        case .health:
            guard scheduler.isOpen else { throw .stopping }
            respond(exchange, "{\"status\":\"ok\"}\n")
        case .metrics: respond(exchange, metrics.text(scheduler.load), type: "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    private func complete(_ exchange: HTTPExchange, _ kind: CompletionRequest.Kind) throws(APIError) {
        let request = try CompletionRequest(exchange.body, kind, for: model)
        try scheduler.submit(CompletionReply(request, on: exchange, model: model.name, metrics: metrics))
    }

    /// All models, or the one that the path names.
    private func describeModels(_ exchange: HTTPExchange) throws(APIError) {
        let one: JSONValue = [
            "id": .string(model.name), "object": "model", "created": JSONValue(integerLiteral: model.created), "owned_by": "argonne",
            "max_model_len": JSONValue(integerLiteral: model.contextLength),
        ]
        guard exchange.path.hasPrefix(Endpoint.modelPrefix) else {
            return respond(exchange, "\(["object": "list", "data": [one]] as JSONValue)\n")
        }
        try model.check(name: String(exchange.path.dropFirst(Endpoint.modelPrefix.count)))
        respond(exchange, "\(one)\n")
    }

    private func respond(_ exchange: HTTPExchange, _ body: String, type: String = "application/json") {
        exchange.respond(status: 200, type: type, body: body)
        metrics.addRequest(exchange.path, status: 200)
    }
}

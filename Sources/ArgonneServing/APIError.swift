import JSON

/// Why a request is refused, in the form that clients of OpenAI's interface know.
struct APIError: Error, Equatable {
    /// The HTTP status.
    var status: Int
    var message: String
    /// `invalid_request_error`, `rate_limit_error` or `server_error`.
    var type = "invalid_request_error"
    /// The member of the request that is at fault.
    var parameter: String?
    var code: String?

    /// A request that is wrong by itself.
    static func invalid(_ parameter: String?, _ message: String, code: String? = nil) -> APIError {
        APIError(status: 400, message: message, parameter: parameter, code: code)
    }

    /// Too much is waiting already.
    static let queueFull = APIError(
        status: 429, message: "the queue is full; try again later", type: "rate_limit_error", code: "queue_full")
    /// The server is on its way out.
    static let stopping = APIError(status: 503, message: "the server is stopping", type: "server_error", code: "stopping")

    /// Something broke here.
    static func failure(_ error: any Error) -> APIError { APIError(status: 500, message: "\(error)", type: "server_error") }

    /// `{"error": {"message": …, "type": …, "param": …, "code": …}}`
    var json: JSONValue {
        [
            "error": [
                "message": .string(message), "type": .string(type), "param": parameter.map(JSONValue.string) ?? .null,
                "code": code.map(JSONValue.string) ?? .null,
            ]
        ]
    }

    /// The headers that go with it.
    var headers: [(name: String, value: String)] { status == 429 || status == 503 ? [("Retry-After", "1")] : [] }
}

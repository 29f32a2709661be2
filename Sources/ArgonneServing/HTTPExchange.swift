import CPJRT

/// A request that came whole, and the answer to it. The answer may be given from any thread, a piece at a time; none of its functions waits
/// for the client. An exchange that is let go without an answer is answered with 503.
final class HTTPExchange: Sendable {
    let method: String
    /// The path of the address, without what may follow a question mark.
    let path: String
    let body: [UInt8]
    /// Whether the body was longer than the server takes, and so is empty here.
    let isTooLarge: Bool

    private let api: ArgonneHTTPAPI
    private nonisolated(unsafe) let request: OpaquePointer

    /// Takes over a request of the library's.
    init?(_ request: OpaquePointer, method: UnsafePointer<CChar>, path: UnsafePointer<CChar>, body: UnsafePointer<UInt8>?, length: Int) {
        guard let api = try? HTTPLibrary.api() else { return nil }
        self.api = api
        self.request = request
        self.method = String(cString: method)
        self.path = String(cString: path)
        self.body = Array(UnsafeBufferPointer(start: body, count: length))
        isTooLarge = api.is_too_large(request) != 0
    }

    deinit { api.release(request) }

    /// Whether the client has gone away.
    var isGone: Bool { api.is_gone(request) != 0 }

    /// Answers at once.
    func respond(status: Int, type: String, headers: [(name: String, value: String)] = [], body: String) {
        begin(status: status, type: type, headers: headers, length: body.utf8.count)
        send(body)
        finish()
    }

    /// Begins an answer, whose body has `length` bytes, or any number.
    func begin(status: Int, type: String, headers: [(name: String, value: String)] = [], length: Int? = nil) {
        for (name, value) in [("Content-Type", type)] + headers { api.header(request, name, value) }
        api.begin(request, UInt32(status), Int64(length ?? -1))
    }

    /// Sends a piece of the body.
    func send(_ text: String) {
        var text = text
        text.withUTF8 { api.send(request, $0.baseAddress, $0.count) }
    }

    /// Ends the body.
    func finish() { api.finish(request) }
}

import CPJRT
import Synchronization

/// A server that hands each request to a function, on threads of its own.
final class HTTPServer: Sendable {
    /// Where to listen, and how much to take.
    struct Options {
        var host: String
        /// 0 for any that is free.
        var port: UInt16
        /// Bytes.
        var bodyLimit: Int
        var connectionLimit: Int
        /// Seconds without traffic after which a connection is closed, unless it waits for an answer.
        var idleSeconds = 60
    }

    /// The port that it listens on.
    let port: Int
    private let api: ArgonneHTTPAPI
    private let server: Mutex<Handle?>
    /// What the library's context points to.
    private let handler: Handler

    private struct Handle: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private final class Handler: Sendable {
        let handle: @Sendable (HTTPExchange) -> Void
        init(_ handle: @escaping @Sendable (HTTPExchange) -> Void) { self.handle = handle }
    }

    /// Begins to listen.
    ///
    /// - Throws: `ServingError` where the native library is missing or the address cannot be had.
    init(_ options: Options, handle: @escaping @Sendable (HTTPExchange) -> Void) throws(ServingError) {
        let api = try HTTPLibrary.api()
        let handler = Handler(handle)
        var message = [CChar](repeating: 0, count: 1024)
        let started = options.host.withCString { host in
            var native = ArgonneHTTPOptions()
            native.host = host
            native.port = options.port
            native.body_limit = options.bodyLimit
            native.connection_limit = UInt32(clamping: options.connectionLimit)
            native.idle_seconds = UInt32(clamping: options.idleSeconds)
            native.context = Unmanaged.passUnretained(handler).toOpaque()
            native.handle = { context, request, method, path, body, length in
                guard let context, let request, let method, let path else { return }
                let handler = Unmanaged<Handler>.fromOpaque(context).takeUnretainedValue()
                guard let exchange = HTTPExchange(request, method: method, path: path, body: body, length: length) else { return }
                handler.handle(exchange)
            }
            return message.withUnsafeMutableBufferPointer { api.start(&native, $0.baseAddress, $0.count) }
        }
        guard let started else {
            throw ServingError(String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        self.api = api
        self.handler = handler
        port = Int(api.port(started))
        server = Mutex(Handle(pointer: started))
    }

    deinit { stop(patience: 0) }

    /// Closes the listening socket; requests of connections that are there still come.
    func stopAccepting() {
        server.withLock { if let server = $0 { api.stop_accepting(server.pointer) } }
    }

    /// Waits up to `patience` seconds for finished answers to go out, and closes all connections. What is not finished ends there.
    func stop(patience: Double) {
        let last = server.withLock { server in
            defer { server = nil }
            return server
        }
        if let last { api.stop(last.pointer, UInt32(clamping: Int(patience * 1000))) }
    }
}

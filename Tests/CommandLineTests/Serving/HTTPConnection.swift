import Foundation
import JSON

/// An answer as it came over the wire.
struct HTTPReply {
    let status: Int
    /// By lower-case name.
    let headers: [String: String]
    let body: String

    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    /// The member `error` of an answer that is one.
    var error: JSONValue? { json["error"] }

    /// The events of a stream, without the last, which must say that it is done.
    func events() throws -> [JSONValue] {
        var lines = body.components(separatedBy: "\n\n")
        guard lines.popLast() == "", lines.popLast() == "data: [DONE]" else {
            throw RunningServer.Failure(description: "the stream does not end: \(body.suffix(200))")
        }
        return try lines.map { try JSONValue(parsing: String($0.dropFirst("data: ".count))) }
    }
}

/// A connection to a server of this machine that serves one request, over a plain socket so that tests decide when to read and when to leave.
final class HTTPConnection {
    private var descriptor: Int32
    private var received: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let status = withUnsafeBytes(of: &address) { bytes in
            connect(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
        }
        guard status == 0 else { throw RunningServer.Failure(description: "cannot connect: \(String(cString: strerror(errno)))") }
    }

    deinit { leave() }

    /// Closes the connection, whatever is still to come.
    func leave() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    func send(_ method: String, _ path: String, _ body: String? = nil) throws {
        let length = body.map { "Content-Type: application/json\r\nContent-Length: \($0.utf8.count)\r\n" } ?? ""
        try send("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(length)\r\n\(body ?? "")")
    }

    func send(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw RunningServer.Failure(description: "cannot send: \(String(cString: strerror(errno)))") }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Reads until the text has come.
    func wait(for text: String) throws {
        while !String(decoding: received, as: UTF8.self).contains(text) {
            guard try receive() else { throw RunningServer.Failure(description: "the answer ended without '\(text)'") }
        }
    }

    /// Reads the whole answer.
    func reply() throws -> HTTPReply {
        while try receive() {}
        guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw RunningServer.Failure(description: "no answer but '\(String(decoding: received, as: UTF8.self))'")
        }
        let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        let body = received[end.upperBound...]
        let whole = headers["transfer-encoding"] == "chunked" ? try Self.joined(body) : Array(body)
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return HTTPReply(status: status, headers: headers, body: String(decoding: whole, as: UTF8.self))
    }

    /// False at the end.
    private func receive() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw RunningServer.Failure(description: "cannot receive: \(String(cString: strerror(errno)))") }
        received += buffer.prefix(count)
        return count > 0
    }

    /// A body that came in chunks.
    private static func joined(_ body: ArraySlice<UInt8>) throws -> [UInt8] {
        var (left, whole): (ArraySlice<UInt8>, [UInt8]) = (body, [])
        while let end = left.firstRange(of: Array("\r\n".utf8)) {
            guard let length = Int(String(decoding: left[..<end.lowerBound], as: UTF8.self), radix: 16) else { break }
            if length == 0 { return whole }
            whole += left[end.upperBound...].prefix(length)
            left = left[end.upperBound...].dropFirst(length + 2)
        }
        throw RunningServer.Failure(description: "the chunks of an answer do not end")
    }
}

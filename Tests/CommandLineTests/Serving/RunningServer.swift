import ArgonneTokenizer
import Foundation
import TestSupport
import Testing

/// `argonne serve` on the golden Llama, whose vocabulary is bytes.
final class RunningServer {
    let port: UInt16
    let process = Process()
    private let errors = Pipe()

    /// How long texts may be and how many are written at the same time. Only so many, as each has programs of its own.
    enum Shape {
        /// Three texts within 256 tokens.
        case short
        /// One text that takes long.
        case long

        var context: Int { self == .short ? 256 : 16384 }
        var options: [String] { ["--batch-size", self == .short ? "3" : "1"] }
    }

    /// A folder with the golden model, its context as long as is wanted, and a tokenizer of bytes, with a template for conversations or not.
    /// The tokenizer names no token that ends a text, so that texts are as long as is asked for.
    static func makeModel(in folder: String, context: Int, template: String? = nil) throws {
        let golden = GoldenModel.llama.directory
        let configuration = try String(contentsOfFile: golden + "/config.json", encoding: .utf8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try configuration.replacingOccurrences(of: "\"max_position_embeddings\": 64", with: "\"max_position_embeddings\": \(context)")
            .write(toFile: folder + "/config.json", atomically: true, encoding: .utf8)
        try FileManager.default.copyItem(atPath: golden + "/model.safetensors", toPath: folder + "/model.safetensors")
        try Tokenizer.bytes.save(to: folder + "/tokenizer")
        for name in ["tokenizer.json", "tokenizer_config.json"] {
            let path = folder + "/tokenizer/" + name
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
            try text.replacingOccurrences(of: "<|end_of_text|>", with: "<|other|>").write(toFile: path, atomically: true, encoding: .utf8)
        }
        if let template { try template.write(toFile: folder + "/tokenizer/chat_template.jinja", atomically: true, encoding: .utf8) }
    }

    /// Starts a server and waits for the line that says where it listens.
    init(model: String, _ options: [String] = []) throws {
        process.executableURL = Tool.path
        process.arguments = ["serve", "--model", model, "--tokenizer", model + "/tokenizer", "--port", "0"] + options
        let output = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let address = "listening on http://127.0.0.1:"
        guard line.hasPrefix(address), let port = UInt16(line.dropFirst(address.count).dropLast()) else {
            process.terminate()
            throw Failure(description: "the server says '\(line)'")
        }
        self.port = port
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs `body` with a server on a model of its own, and expects it to end cleanly afterwards.
    static func with(
        _ shape: Shape, template: String? = nil, _ options: [String] = [], _ body: (RunningServer, _ model: String) throws -> Void
    ) throws {
        try withTemporaryDirectory { folder in
            try makeModel(in: folder + "/tiny", context: shape.context, template: template)
            let server = try RunningServer(model: folder + "/tiny", shape.options + options)
            try body(server, folder + "/tiny")
            server.process.terminate()
            server.process.waitUntilExit()
            #expect(server.process.terminationStatus == 0)
            #expect(server.process.terminationReason == .exit)
        }
    }

    /// Sends a request without waiting for its answer.
    func open(_ method: String, _ path: String, _ body: String? = nil) throws -> HTTPConnection {
        let connection = try HTTPConnection(port: port)
        try connection.send(method, path, body)
        return connection
    }

    /// Sends a request and waits for its answer.
    func request(_ method: String, _ path: String, _ body: String? = nil) throws -> HTTPReply {
        try open(method, path, body).reply()
    }

    /// The value of one of the server's metrics.
    func metric(_ name: String) throws -> Double {
        let lines = try request("GET", "/metrics").body.split(separator: "\n")
        return lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) } ?? 0
    }

    /// Waits until a metric has a value.
    func wait(for name: String, toBe value: Double) throws {
        let end = Date().addingTimeInterval(60)
        while try metric(name) != value {
            guard Date() < end else { throw Failure(description: "\(name) is still \(try metric(name)), not \(value)") }
            usleep(2000)
        }
    }
}

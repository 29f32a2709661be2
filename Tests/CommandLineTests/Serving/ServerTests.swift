import Foundation
import JSON
import TestSupport
import Testing

extension ServingTests {
    /// What the server refuses, and how it bears load, clients that leave, and its end.
    struct ServerTests {
        private static let refused: [(body: String, parameter: String?, message: String)] = [
            ("", nil, "the body is not valid JSON"),
            ("{\"prompt\": \"x\"", nil, "the body is not valid JSON: line 1"),
            ("[]", nil, "the body must be a JSON object"),
            ("{}", "prompt", "'prompt' is missing"),
            ("{\"prompt\": \"\"}", "prompt", "no tokens"),
            ("{\"prompt\": 3}", "prompt", "a string, a list of tokens, or a list of either"),
            ("{\"prompt\": [\"a\", [259]]}", "prompt", "a prompt holds 259 where a token from 0 to 258 was expected"),
            ("{\"prompt\": [-1]}", "prompt", "a prompt holds -1"),
            ("{\"prompt\": \"x\", \"max_tokens\": 0}", "max_tokens", "'max_tokens' is 0 and must be an integer from 1 to 30"),
            ("{\"prompt\": \"x\", \"max_tokens\": 31}", "max_tokens", "from 1 to 30"),
            ("{\"prompt\": \"x\", \"max_tokens\": 1.5}", "max_tokens", "an integer"),
            ("{\"prompt\": \"x\", \"temperature\": 2.5}", "temperature", "a number from 0.0 to 2.0"),
            ("{\"prompt\": \"x\", \"top_p\": 0}", "top_p", "'top_p' is 0"),
            ("{\"prompt\": \"x\", \"n\": 0}", "n", "from 1 to 4"),
            ("{\"prompt\": [\"x\", \"y\", \"z\"], \"n\": 2}", "n", "6 texts are asked for at once, and the queue holds 4"),
            ("{\"prompt\": \"x\", \"stop\": [1]}", "stop", "a string or a list"),
            ("{\"prompt\": \"x\", \"stream\": \"yes\"}", "stream", "true or false"),
            ("{\"prompt\": \"x\", \"stream_options\": {\"a\": 1}}", "stream_options.a", "not known"),
            ("{\"prompt\": \"x\", \"logprobs\": 2}", "logprobs", "not supported"),
            ("{\"prompt\": \"x\", \"echo\": true}", "echo", "not supported"),
            ("{\"prompt\": \"x\", \"frequency_penalty\": 1}", "frequency_penalty", "not supported"),
            ("{\"prompt\": \"x\", \"max_tokesn\": 1}", "max_tokesn", "'max_tokesn' is not known to this server"),
            ("{\"prompt\": \"\(String(repeating: "x", count: 256))\"}", "prompt", "the prompt has 256 tokens; the model's context is 256"),
            (
                "{\"prompt\": \"\(String(repeating: "x", count: 240))\", \"max_tokens\": 17}", "prompt",
                "the prompt has 240 tokens and 17 new ones are asked for; the model's context is 256 tokens"
            ),
        ]

        @Test func badRequestsAreRefusedInOpenAIsForm() throws {
            try RunningServer.with(.short, ["--max-tokens", "30", "--max-queue", "4", "--max-body", "500"]) { server, _ in
                for (body, parameter, message) in Self.refused {
                    let reply = try server.request("POST", "/v1/completions", body)
                    #expect(reply.status == 400, "\(body): \(reply.body)")
                    #expect(reply.error?["type"] == "invalid_request_error")
                    #expect(reply.error?["param"]?.string == parameter, "\(body): \(reply.body)")
                    #expect(reply.error?["message"]?.string?.contains(message) == true, "\(body): \(reply.body)")
                }
                let chat = try server.request("POST", "/v1/chat/completions", "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}")
                #expect(chat.status == 400 && chat.error?["code"] == "no_chat_template")
                let long = try server.request("POST", "/v1/completions", "{\"prompt\": \"\(String(repeating: "x", count: 600))\"}")
                #expect(long.status == 413 && long.error?["message"]?.string?.contains("500 bytes") == true)
                let other = try server.request("POST", "/v1/completions", "{\"prompt\": \"x\", \"model\": \"gpt-4\"}")
                #expect(other.status == 404 && other.error?["code"] == "model_not_found")
                #expect(try server.request("POST", "/v1/nothing", "{}").status == 404)
                let method = try server.request("GET", "/v1/completions")
                #expect(method.status == 405 && method.headers["allow"] == "POST")

                // Not even HTTP; the server goes on.
                for nonsense in ["\u{1}\u{2}\u{3}\r\n\r\n", "GET\r\n\r\n", "POST /v1/completions HTTP/1.1\r\nContent-Length: -5\r\n\r\n"] {
                    let connection = try HTTPConnection(port: server.port)
                    try connection.send(nonsense)
                    connection.leave()
                }
                #expect(try server.request("GET", "/health").body == "{\"status\":\"ok\"}\n")
                let head = try server.request("HEAD", "/health")
                #expect(head.status == 200 && head.headers["content-length"] == "16" && head.body.isEmpty)
                #expect(try server.request("GET", "/v1/models").json["data"]?.elements?.first?["id"] == "tiny")
                #expect(try server.request("GET", "/v1/models/tiny").json["object"] == "model")
                #expect(try server.request("GET", "/v1/models/other").status == 404)
                #expect(try server.metric("argonne_requests_total{path=\"/v1/completions\",status=\"400\"}") == Double(Self.refused.count))
            }
        }

        private static let long = "{\"prompt\": \"line 1\", \"max_tokens\": 16000, \"temperature\": 0, \"stream\": true}"
        private static let short = "{\"prompt\": \"line 1\", \"max_tokens\": 4, \"temperature\": 0}"

        @Test func aFullQueueAndClientsThatLeave() throws {
            try RunningServer.with(.long, ["--max-queue", "2"]) { server, _ in
                let running = try server.open("POST", "/v1/completions", Self.long)
                try running.wait(for: "data: ")
                let waiting = try (0..<2).map { _ in try server.open("POST", "/v1/completions", Self.short) }
                try server.wait(for: "argonne_texts_waiting", toBe: 2)
                #expect(try server.metric("argonne_texts_running") == 1)
                let refused = try server.request("POST", "/v1/completions", Self.short)
                #expect(refused.status == 429 && refused.headers["retry-after"] == "1" && refused.error?["code"] == "queue_full")

                // One leaves while it waits and one while it is written; the row goes to the one that is left.
                waiting[0].leave()
                running.leave()
                #expect(try waiting[1].reply().json["usage"]?["completion_tokens"] == 4)
                try server.wait(for: "argonne_texts_running", toBe: 0)
                #expect(try server.metric("argonne_requests_total{path=\"/v1/completions\",status=\"499\"}") == 2)
                #expect(try server.metric("argonne_requests_total{path=\"/v1/completions\",status=\"429\"}") == 1)
            }
        }

        @Test(arguments: [SIGINT, SIGTERM])
        func aSignalLetsTextsUnderWayEnd(signal: Int32) throws {
            try RunningServer.with(.long) { server, _ in
                let running = try server.open(
                    "POST", "/v1/completions", "{\"prompt\": \"line 1\", \"max_tokens\": 200, \"temperature\": 0, \"stream\": true}")
                let waiting = try server.open("POST", "/v1/completions", Self.short)
                try running.wait(for: "data: ")
                kill(server.process.processIdentifier, signal)
                let refused = try waiting.reply()
                // The text under way may have been done just before the signal came.
                #expect([200, 503].contains(refused.status), "\(refused.body)")
                let reply = try running.reply()
                #expect(try reply.events().last?["choices"]?.elements?.first?["finish_reason"] == "length")
                server.process.waitUntilExit()
                #expect(server.process.terminationStatus == 0)
                #expect(throws: RunningServer.Failure.self) { try server.request("GET", "/health") }
            }
        }

        @Test func anAddressThatCannotBeHadIsNamed() throws {
            try RunningServer.with(.short) { server, model in
                let words = ["serve", "--model", model, "--tokenizer", "bytes", "--port"]
                let taken = try Tool.run(words + ["\(server.port)"])
                #expect(taken.status == 1)
                #expect(taken.error == "error: cannot listen on 127.0.0.1:\(server.port): Address already in use\n")
                let unknown = try Tool.run(words + ["0", "--host", "nowhere.invalid"])
                #expect(unknown.status == 1 && unknown.error.hasPrefix("error: the host nowhere.invalid is not known"), "\(unknown.error)")
            }
        }
    }
}

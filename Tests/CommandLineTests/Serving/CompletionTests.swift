import Foundation
import JSON
import TestSupport
import Testing

extension ServingTests {
    /// What the server writes.
    struct CompletionTests {
        private static let template = """
            {% for message in messages %}[{{ message.role }}]{{ message.content }}
            {% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}
            """
        private static let prompts = ["line 1", "w", "Long long time ago, in a galaxy far away", "The quick brown fox", "0123456789"]

        private func body(_ prompt: String, _ more: String = "") -> String {
            "{\"model\": \"tiny\", \"prompt\": \(JSONValue.string(prompt)), \"max_tokens\": 24, \"temperature\": 0\(more)}"
        }

        private func text(_ reply: HTTPReply) throws -> String {
            #expect(reply.status == 200, "\(reply.body)")
            return try #require(reply.json["choices"]?.elements?.first?["text"]?.string)
        }

        /// The texts of a stream's choices, and why each ends.
        private func texts(_ events: [JSONValue], _ content: (JSONValue) -> JSONValue?) throws -> [(text: String, end: String?)] {
            var texts: [(text: String, end: String?)] = []
            for choice in events.flatMap({ $0["choices"]?.elements ?? [] }) {
                let index = try #require(choice["index"]?.integer())
                while texts.count <= index { texts.append(("", nil)) }
                #expect(texts[index].end == nil, "nothing comes after the end")
                texts[index].text += content(choice)?.string ?? ""
                texts[index].end = choice["finish_reason"]?.string
            }
            return texts
        }

        /// Rows come and go between steps; no text may depend on what its neighbours do, and none on how it is sent.
        @Test func greedyTextsAreThoseOfGenerateAloneAndAmongOthers() throws {
            try RunningServer.with(.short) { server, model in
                let words = Self.prompts.flatMap { ["--prompt", $0] }
                let generated = try Tool.run(
                    ["generate", "--model", model, "--tokenizer", model + "/tokenizer", "--greedy", "--max-new-tokens", "24", "--json"]
                        + words)
                let whole = try #require(
                    try JSONValue(parsing: generated.output)["texts"]?.elements?.compactMap(\.string), "\(generated.error)")
                let expected = zip(Self.prompts, whole).map { String($1.dropFirst($0.count)) }
                #expect(Set(expected).count == expected.count, "the model writes different texts")

                for (prompt, text) in zip(Self.prompts, expected) {
                    #expect(try self.text(server.request("POST", "/v1/completions", body(prompt))) == text)
                }
                let several = try server.request(
                    "POST", "/v1/completions",
                    "{\"prompt\": \(JSONValue.array(Self.prompts.map(JSONValue.string))), \"max_tokens\": 24, \"temperature\": 0}")
                #expect(several.json["choices"]?.elements?.compactMap { $0["text"]?.string } == expected)

                // Three rows for fifteen requests at once, some of them drawn by chance, some longer, some streamed.
                let disturbing = try Self.prompts.map { prompt in
                    let chance = "{\"prompt\": \(JSONValue.string(prompt)), \"max_tokens\": 40, \"temperature\": 1.5}"
                    return try server.open("POST", "/v1/completions", chance)
                }
                let plain = try Self.prompts.map { try server.open("POST", "/v1/completions", body($0)) }
                let streams = try Self.prompts.map { try server.open("POST", "/v1/completions", body($0, ", \"stream\": true")) }
                for ((stream, connection), text) in zip(zip(streams, plain), expected) {
                    #expect(try self.text(connection.reply()) == text)
                    let reply = try stream.reply()
                    #expect(reply.headers["content-type"] == "text/event-stream")
                    #expect(try texts(reply.events()) { $0["text"] }.map(\.text) == [text])
                }
                for connection in disturbing { #expect(try connection.reply().status == 200) }
                #expect(try server.metric("argonne_request_duration_seconds_count") == 21)
                #expect(try server.metric("argonne_texts_running") == 0)
            }
        }

        @Test func choicesSeedsStopsAndCounts() throws {
            try RunningServer.with(.short) { server, _ in
                let reply = try server.request("POST", "/v1/completions", body("line 1"))
                let greedy = try text(reply)
                #expect(reply.json["object"] == "text_completion" && reply.json["model"] == "tiny")
                #expect(reply.json["usage"] == ["prompt_tokens": 6, "completion_tokens": 24, "total_tokens": 30])
                #expect(reply.json["choices"]?.elements?.first?["finish_reason"] == "length")

                let tokens = try server.request(
                    "POST", "/v1/completions", "{\"prompt\": [108, 105, 110, 101, 32, 49], \"max_tokens\": 24, \"temperature\": 0}")
                #expect(try text(tokens) == greedy)

                let stop = try #require(greedy.unicodeScalars.first { $0.isASCII && $0.value > 32 }.map { String(Character($0)) })
                let stopped = try server.request(
                    "POST", "/v1/completions", body("line 1", ", \"stop\": [\(JSONValue.string(stop)), \"never\"]"))
                #expect(try text(stopped) == greedy.components(separatedBy: stop)[0])
                #expect(stopped.json["choices"]?.elements?.first?["finish_reason"] == "stop")

                let drawn = "{\"prompt\": [\"a\", \"b\"], \"n\": 2, \"max_tokens\": 12, \"temperature\": 1, \"seed\": 7"
                let first = try server.request("POST", "/v1/completions", drawn + "}").json["choices"]
                #expect(try server.request("POST", "/v1/completions", drawn + "}").json["choices"] == first, "a seed gives the same texts")
                let drawnTexts = try #require(first?.elements?.compactMap { $0["text"]?.string })
                #expect(drawnTexts.count == 4 && Set(drawnTexts).count == 4)
                let events = try server.request(
                    "POST", "/v1/completions", drawn + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}"
                ).events()
                #expect(try texts(events) { $0["text"] }.map(\.text) == drawnTexts)
                #expect(events.last?["choices"] == [] && events.last?["usage"]?["prompt_tokens"] == 2)
            }
        }

        @Test func conversationsGoThroughTheTemplate() throws {
            try RunningServer.with(.short, template: Self.template) { server, _ in
                let written = try text(server.request("POST", "/v1/completions", body("[system]Be brief.\n[user]Hi\n[assistant]")))
                let messages = """
                    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
                    """
                let chat = "{\"messages\": \(messages), \"max_completion_tokens\": 24, \"temperature\": 0"
                let reply = try server.request("POST", "/v1/chat/completions", chat + "}")
                #expect(reply.json["object"] == "chat.completion", "\(reply.body)")
                #expect(reply.json["choices"]?.elements?.first?["message"]?["content"]?.string == written)
                #expect(reply.json["choices"]?.elements?.first?["message"]?["role"] == "assistant")

                let events = try server.request("POST", "/v1/chat/completions", chat + ", \"stream\": true}").events()
                #expect(events[0]["choices"]?.elements?.first?["delta"]?["role"] == "assistant")
                let streamed = try texts(events) { $0["delta"]?["content"] }
                #expect(streamed.map(\.text) == [written] && streamed[0].end == "length")
            }
        }
    }
}

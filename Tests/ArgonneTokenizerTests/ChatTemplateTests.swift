import ArgonneTokenizer
import Testing

struct ChatTemplateTests {
    /// Jinja's output for the templates in `Golden/chat_templates.py`; null where Jinja refuses.
    @Test func rendersAsJinjaDoes() throws {
        for group in try #require(try Golden.json("chat_templates.json").elements) {
            let source = try #require(group["template"]?.string)
            for expected in try #require(group["cases"]?.elements) {
                let members = try #require(expected["variables"]?.members)
                var variables = Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) })
                let messages = variables.removeValue(forKey: "messages")?.elements ?? []
                let tools = variables.removeValue(forKey: "tools")?.elements
                let prompt = variables.removeValue(forKey: "add_generation_prompt")?.bool ?? false
                func render() throws(TemplateError) -> String {
                    try ChatTemplate(source).render(messages: messages, tools: tools, addGenerationPrompt: prompt, variables: variables)
                }
                if let text = expected["text"]?.string {
                    #expect(try render() == text, "\(source)")
                } else {
                    #expect(throws: TemplateError.self, "\(source)") { try render() }
                }
            }
        }
    }

    @Test(arguments: [
        ("{% macro m() %}{% endmacro %}", "macro"), ("{% include 'x' %}", "include"), ("{{ 1 | frobnicate }}", "frobnicate"),
        ("{{ 1 is frob }}", "frob"), ("{{ now() }}", "now"), ("{{ 'a'.encode() }}", "encode"),
        ("{% for x in y recursive %}{% endfor %}", "recursive"),
    ])
    func refusesByName(_ source: String, _ name: String) {
        let error = #expect(throws: TemplateError.self) { try ChatTemplate("\n" + source).render(messages: []) }
        guard case .unsupported(let line, let what) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(what.contains(name))
        #expect(line == 2)
    }

    @Test func aTemplateCanRefuseAConversation() {
        let error = #expect(throws: TemplateError.self) { try ChatTemplate("{{ raise_exception('only ' ~ 1) }}").render(messages: []) }
        #expect(error == .raised("only 1"))
    }

    @Test func nestingIsBounded() {
        #expect(throws: TemplateError.self) { try ChatTemplate("{{ " + String(repeating: "(", count: 5_000) + "1") }
        #expect(throws: TemplateError.self) { try ChatTemplate(String(repeating: "{% if 1 %}", count: 5_000)) }
        #expect(throws: TemplateError.self) { try ChatTemplate("{{ range(1000000) | length }}").render(messages: []) }
        #expect(throws: TemplateError.self) { try ChatTemplate("{{ 'x' * 10000000 }}").render(messages: []) }
    }

    @Test func theDateIsTodays() throws {
        let year = try ChatTemplate("{{ strftime_now('%Y') }}").render(messages: [])
        #expect((Int(year) ?? 0) >= 2024)
    }

    @Test func withoutATemplate() {
        #expect(throws: TemplateError.missing) { try Tokenizer.bytes.encode([ChatMessage(role: "user", content: "x")]) }
    }

    @Test(.enabled(if: Golden.sharedData != nil, Golden.missingSharedData))
    func conversationsByQwen() throws {
        let tokenizer = try Golden.qwen()
        let messages = [ChatMessage(role: "system", content: "Be brief."), ChatMessage(role: "user", content: "Hello")]
        let text = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n"
        #expect(try tokenizer.text(of: messages.map(\.json), addGenerationPrompt: false) == text)
        #expect(try tokenizer.encode(messages) == tokenizer.encode(text + "<|im_start|>assistant\n", allowSpecial: true))
        #expect(try tokenizer.encode(messages).first == 151_644)
    }
}

import ArgonneInference
import ArgonneTokenizer
import Foundation
import TestSupport
import Testing

struct ConversationTests {
    private static let template = """
        {% for m in messages %}<{{ m.role[0] }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}
        """

    /// Bytes with a chat template.
    private static func tokenizer() throws -> Tokenizer {
        try withTemporaryDirectory { folder in
            try Tokenizer.bytes.save(to: folder)
            try template.write(toFile: folder + "/chat_template.jinja", atomically: true, encoding: .utf8)
            return try Tokenizer(directory: folder)
        }
    }

    @Test func turnsAreWrittenByTheTemplate() throws {
        let tokenizer = try Self.tokenizer()
        var conversation = Conversation(system: "S")
        conversation.say("one")
        conversation.answer("two")
        conversation.say("three")
        let prompt = try conversation.prompt(tokenizer, atMost: 100)
        #expect(tokenizer.decode(prompt) == "<s>S<u>one<a>two<u>three<a>")
    }

    @Test func theOldestTurnsAreForgottenWhereTheContextIsFull() throws {
        let tokenizer = try Self.tokenizer()
        var conversation = Conversation(system: "S")
        for number in 1...3 {
            conversation.say("q\(number)")
            if number < 3 { conversation.answer("a\(number)") }
        }
        let whole = "<s>S<u>q1<a>a1<u>q2<a>a2<u>q3<a>"
        #expect(tokenizer.decode(try conversation.prompt(tokenizer, atMost: whole.count)) == whole)
        #expect(tokenizer.decode(try conversation.prompt(tokenizer, atMost: whole.count - 1)) == "<s>S<u>q2<a>a2<u>q3<a>")
        #expect(tokenizer.decode(try conversation.prompt(tokenizer, atMost: 1)) == "<s>S<u>q3<a>")
        #expect(conversation.messages.map(\.content) == ["S", "q3"])
    }

    @Test func aTokenizerWithoutATemplateIsRefused() {
        var conversation = Conversation()
        conversation.say("hello")
        #expect(throws: TemplateError.missing) { try conversation.prompt(.bytes, atMost: 100) }
    }
}

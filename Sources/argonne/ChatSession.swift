import ArgonneInference
import ArgonneTokenizer
import ArgonneTraining
import Foundation

/// `argonne generate --chat`: questions, and answers that appear as they are written.
struct ChatSession {
    let generator: Generator
    let tokenizer: Tokenizer
    let options: GenerationOptions
    let system: String?

    private struct Stopped: Error {}

    /// Answers the given questions; without any, what is typed or piped in, a question a line.
    func run(_ questions: [String]) throws {
        var conversation = Conversation(system: system)
        if !questions.isEmpty {
            for question in questions { try answer(question, &conversation) }
            return
        }
        let isTyped = isatty(STDIN_FILENO) == 1
        if isTyped { note("Ctrl-C stops an answer, Ctrl-D ends the conversation") }
        while let question = try nextLine(isTyped) {
            if !question.allSatisfy(\.isWhitespace) { try answer(question, &conversation) }
        }
    }

    private func nextLine(_ isTyped: Bool) throws -> String? {
        if isTyped { try StandardOutput.write("> ") }
        let line = readLine()
        if isTyped, line == nil { try StandardOutput.write("\n") }
        return line
    }

    private func answer(_ question: String, _ conversation: inout Conversation) throws {
        let before = conversation.messages.count
        conversation.say(question)
        let room = generator.model.model.contextLength - options.maxNewTokens
        let prompt = try conversation.prompt(tokenizer, atMost: max(room, 1))
        if conversation.messages.count <= before { note("note: the context is full; the oldest turns are forgotten") }
        var text = ""
        do {
            _ = try Interrupt.catching(isAnnounced: false) {
                try generator.generate([prompt], options) { _, piece in
                    text += piece
                    try StandardOutput.write(piece)
                    if Interrupt.isRequested { throw Stopped() }
                }
            }
        } catch is Stopped {}
        try StandardOutput.write("\n")
        conversation.answer(text)
    }
}

import ArgonneInference
import ArgonneTokenizer
import JSON

/// What a client asks to be written: a request to `/v1/completions` or `/v1/chat/completions`, checked and turned into tokens.
struct CompletionRequest: Sendable {
    /// Which of the two interfaces.
    enum Kind: Sendable { case text, chat }

    let kind: Kind
    /// At least one, each shorter than the context.
    private(set) var prompts: [[Int32]]
    /// Texts that are wanted of each prompt.
    let choicesPerPrompt: Int
    /// The server's own choice where the client gave none.
    private(set) var options: GenerationOptions
    let isStream: Bool
    /// Whether a stream ends with counts of tokens.
    let includesUsage: Bool

    /// How many texts in all. Choice `i` goes on from prompt `i / choicesPerPrompt`.
    var choiceCount: Int { prompts.count * choicesPerPrompt }
    /// Tokens of all prompts.
    var promptTokens: Int { prompts.reduce(0) { $0 + $1.count } }

    /// What one of the texts goes on from, and how.
    func choice(_ index: Int) -> (prompt: [Int32], options: GenerationOptions) {
        var options = options
        options.sampling.seed &+= UInt64(index)  // of the same prompt, each choice draws numbers of its own
        return (prompts[index / choicesPerPrompt], options)
    }

    /// Reads a request.
    ///
    /// - Throws: `APIError` for what is malformed, out of range or not supported.
    init(_ body: [UInt8], _ kind: Kind, for model: ServedModel) throws(APIError) {
        var fields = try RequestFields(body)
        self.kind = kind
        if let name = try fields.string("model") { try model.check(name: name) }
        choicesPerPrompt = try fields.integer("n", 1...model.limits.queue) ?? 1
        isStream = try fields.bool("stream") ?? false
        var streamOptions = try fields.object("stream_options")
        includesUsage = try streamOptions?.bool("stream_options.include_usage") ?? false
        try streamOptions?.finish()
        options = GenerationOptions(
            maxNewTokens: 0, sampling: try Self.sampling(&fields), stopTokens: model.stopTokens,
            stopStrings: try fields.strings("stop", atMost: 16))
        let longest = 1...model.limits.newTokens
        let maxTokens = try fields.integer("max_tokens", longest)
        let maxCompletionTokens = kind == .chat ? try fields.integer("max_completion_tokens", longest) : nil
        prompts = kind == .chat ? [try Self.conversation(&fields, model)] : try Self.prompts(&fields, model)
        try Self.refuseUnsupported(&fields, kind)
        try fields.finish()

        guard choiceCount <= model.limits.queue else {
            throw .invalid("n", "\(choiceCount) texts are asked for at once, and the queue holds \(model.limits.queue)")
        }
        let context = model.contextLength
        let longestPrompt = prompts.map(\.count).max() ?? 0
        let wanted = maxCompletionTokens ?? maxTokens
        guard longestPrompt + (wanted ?? 1) <= context else {
            let asked = wanted.map { " and \($0) new ones are asked for" } ?? ""
            throw .invalid(
                kind == .chat ? "messages" : "prompt",
                "the prompt has \(longestPrompt) tokens\(asked); the model's context is \(context) tokens, the new ones included",
                code: "context_length_exceeded")
        }
        // OpenAI's interface gives a text of 16 tokens and a conversation as many as there is room for.
        options.maxNewTokens = wanted ?? min(kind == .chat ? .max : 16, model.limits.newTokens, context - longestPrompt)
    }

    private static func sampling(_ fields: inout RequestFields) throws(APIError) -> Sampling {
        let temperature = try fields.number("temperature", 0...2) ?? 1
        let topP = try fields.number("top_p", Double.leastNormalMagnitude...1)
        let topK = try fields.integer("top_k", 0...Int.max)
        let minP = try fields.number("min_p", 0...1)
        let penalty = try fields.number("repetition_penalty", 0.01...100) ?? 1
        let seed = try fields.integer("seed", Int.min...Int.max)
        return Sampling(
            temperature: temperature, topK: topK == 0 ? nil : topK, topP: topP == 1 ? nil : topP, minP: minP, repetitionPenalty: penalty,
            seed: seed.map { UInt64(bitPattern: Int64($0)) } ?? .random(in: 0 ... .max))
    }

    private static func refuseUnsupported(_ fields: inout RequestFields, _ kind: Kind) throws(APIError) {
        for name in ["presence_penalty", "frequency_penalty"] { try fields.refuse(name) { $0.double == 0 } }
        try fields.refuse("logit_bias") { $0.members?.isEmpty ?? false }
        switch kind {
        case .text:
            try fields.refuse("echo") { $0 == false }
            try fields.refuse("suffix") { $0.string == "" }
            try fields.refuse("best_of") { $0 == 1 }
            try fields.refuse("logprobs")
        case .chat:
            try fields.refuse("logprobs") { $0 == false }
            try fields.refuse("top_logprobs") { $0 == 0 }
            for name in ["tools", "functions"] { try fields.refuse(name) { $0.elements?.isEmpty ?? false } }
            for name in ["tool_choice", "function_call"] { try fields.refuse(name) { ["none", "auto"].contains($0.string) } }
            try fields.refuse("response_format") { $0["type"]?.string == "text" }
        }
        fields.ignore("user", "metadata", "store", "service_tier", "parallel_tool_calls", "safety_identifier", "prompt_cache_key")
    }
}

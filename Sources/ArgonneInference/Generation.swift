import Foundation
import JSON

/// What is to be generated for each prompt.
public struct GenerationOptions: Sendable {
    /// The greatest number of new tokens.
    public var maxNewTokens: Int
    /// How tokens are chosen.
    public var sampling: Sampling
    /// Tokens that end a text, and do not belong to it.
    public var stopTokens: Set<Int32>
    /// Strings that end a text, and do not belong to it.
    public var stopStrings: [String]
    /// How many of the oldest tokens are let go at once where the context is full. The rest is then read again, so that every token sees a
    /// window that was read as one: with 1, as the original Argonne does it, exactly the last tokens that the context holds.
    public var slide: Int

    /// Options.
    public init(
        maxNewTokens: Int, sampling: Sampling = .greedy, stopTokens: Set<Int32> = [], stopStrings: [String] = [], slide: Int = 1
    ) {
        self.maxNewTokens = maxNewTokens
        self.sampling = sampling
        self.stopTokens = stopTokens
        self.stopStrings = stopStrings
        self.slide = slide
    }

    /// The tokens that end a text by a model folder's `generation_config.json`; none where it has no such file or names none.
    public static func stopTokens(directory path: String) -> Set<Int32> {
        guard let data = FileManager.default.contents(atPath: path + "/generation_config.json"),
            let end = try? JSONValue(parsing: [UInt8](data))["eos_token_id"]
        else { return [] }
        return Set((end.elements ?? [end]).compactMap { $0.integer(as: Int32.self) })
    }

    /// - Throws: `InferenceError` where a number is out of its range.
    func validate(contextLength: Int) throws(InferenceError) {
        guard maxNewTokens >= 0 else { throw .invalidOption(name: "max-new-tokens", value: "\(maxNewTokens)", expected: "0 or more") }
        guard (1...contextLength).contains(slide) else {
            throw .invalidOption(name: "slide", value: "\(slide)", expected: "from 1 to the context of \(contextLength)")
        }
        try sampling.validate()
    }
}

/// What was generated for one prompt.
public struct Generation: Sendable {
    /// Why there are no more tokens.
    public enum End: Sendable, Hashable {
        /// The greatest number of new tokens is reached.
        case length
        /// The model wrote one of the tokens that end a text.
        case token(Int32)
        /// The text came to one of the strings that end it.
        case string(String)
    }

    /// The new tokens; one that ended the text is left out, those of a string that did are not.
    public let tokens: [Int32]
    /// The new text.
    public let text: String
    /// Why it ends.
    public let end: End
}

/// How fast a generation was.
public struct GenerationTiming: Sendable {
    /// Tokens of prompts.
    public internal(set) var promptTokens = 0
    /// Seconds in which prompts were read and their first tokens chosen, compilation left out.
    public internal(set) var prefillSeconds = 0.0
    /// New tokens that steps gave: all but the first of each prompt.
    public internal(set) var decodedTokens = 0
    /// Seconds of the steps.
    public internal(set) var decodeSeconds = 0.0
    /// Seconds in which programs were compiled, or loaded from the cache.
    public internal(set) var compileSeconds = 0.0

    /// Tokens of prompts read in a second.
    public var prefillRate: Double { prefillSeconds > 0 ? Double(promptTokens) / prefillSeconds : 0 }
    /// New tokens in a second, over all rows.
    public var decodeRate: Double { decodeSeconds > 0 ? Double(decodedTokens) / decodeSeconds : 0 }
}

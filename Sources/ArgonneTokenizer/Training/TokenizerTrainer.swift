import Dispatch

/// Trains a byte-level byte-pair tokenizer, as Argonne 1 did by default: GPT-2's pattern, 12,000 tokens, five special ones.
///
///     var trainer = TokenizerTrainer()
///     for shard in shards { trainer.add(shard.texts) }
///     let tokenizer = try trainer.train()
///
/// The result does not depend on the order of the texts or the number of threads, and is Hugging Face's `ByteLevelBPETokenizer`'s for the
/// same texts and options, ties included.
public struct TokenizerTrainer: ~Copyable {
    /// How many tokens to make, special tokens and the 256 bytes included. Fewer where the text has no more frequent pairs.
    public var vocabularySize = 12_000
    /// A pair must occur this often to become a token.
    public var minimumFrequency = 2
    /// Take the first ids, in this order.
    public var specialTokens = ["<|start_of_text|>", "<pad>", "<|end_of_text|>", "<unk>", "<mask>"]
    private let counters: [PieceCounter]

    /// - Parameter threads: how many count pieces at the same time.
    public init(threads: Int = 1) {
        counters = (0..<max(threads, 1)).map { _ in PieceCounter(.gpt2) }
    }

    /// Counts the pieces of some texts. May be called again and again: what is kept is only the distinct pieces.
    public mutating func add(_ texts: [String]) {
        nonisolated(unsafe) let counters = counters
        DispatchQueue.concurrentPerform(iterations: counters.count) { thread in
            // Each counter is used by one thread.
            for index in stride(from: thread, to: texts.count, by: counters.count) {
                var text = texts[index]
                text.withUTF8 { counters[thread].add($0) }
            }
        }
    }

    /// Learns the merges of all texts added so far.
    public func train() throws(TokenizerError) -> Tokenizer {
        let least = specialTokens.count + 256
        guard vocabularySize >= least else {
            throw .training(
                reason:
                    "a vocabulary of \(vocabularySize) has no room for \(specialTokens.count) special tokens and 256 bytes; at least \(least)"
            )
        }
        guard Set(specialTokens).count == specialTokens.count, !specialTokens.contains("") else {
            throw .training(reason: "the special tokens \(specialTokens) must be distinct and not empty")
        }
        var pieces = PieceCounts()
        for counter in counters { pieces.add(counter.counts) }
        guard pieces.count > 0 else { throw .training(reason: "there was no text to learn from") }

        // Bytes are numbered in the order of their spelling, as Hugging Face sorts its alphabet.
        let bytes = (UInt8.min...UInt8.max).sorted { ByteAlphabet.scalars[Int($0)] < ByteAlphabet.scalars[Int($1)] }
        var byteIDs = [Int32](repeating: 0, count: 256)
        for (offset, byte) in bytes.enumerated() { byteIDs[Int(byte)] = Int32(specialTokens.count + offset) }

        var tokens = [[UInt8]](repeating: [], count: specialTokens.count) + bytes.map { [$0] }
        var learner = MergeLearner(pieces, byteIDs: byteIDs)
        let merges = learner.learn(tokens: &tokens, limit: vocabularySize, minimumFrequency: minimumFrequency)

        var definition = TokenizerDefinition(merges: merges, pattern: .gpt2)
        for (id, token) in tokens.enumerated() where !token.isEmpty {
            definition.setToken(Int32(id), Vocabulary.Token(bytes: token, isByteLevel: true))
        }
        for (id, content) in specialTokens.enumerated() { definition.add(AddedToken(id: Int32(id), content: content)) }
        definition.configuration.beginning = TokenizerConfiguration.beginnings.first(where: specialTokens.contains)
        definition.configuration.end = TokenizerConfiguration.ends.first(where: specialTokens.contains)
        definition.configuration.padding = TokenizerConfiguration.paddings.first(where: specialTokens.contains)
        definition.configuration.unknown = specialTokens.first { $0 == "<unk>" }
        return Tokenizer(definition)
    }
}

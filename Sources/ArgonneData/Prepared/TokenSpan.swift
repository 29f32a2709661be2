/// Tokens in memory, two or four bytes each. Whoever holds it keeps the memory alive.
struct TokenSpan {
    let start: UnsafeRawPointer
    let width: Int
    let count: Int

    var byteCount: Int { count * width }

    /// Copies tokens `range` to `destination`, widened to four bytes.
    func copy(_ range: Range<Int>, to destination: UnsafeMutablePointer<Int32>) {
        let source = start + range.lowerBound * width
        if width == 4 {
            UnsafeMutableRawPointer(destination).copyMemory(from: source, byteCount: range.count * 4)
        } else {
            let narrow = source.assumingMemoryBound(to: UInt16.self)
            for index in 0..<range.count { destination[index] = Int32(narrow[index]) }
        }
    }
}

/// A document's tokens, boundaries included.
struct TokenDocument: Sendable {
    enum Storage: Sendable {
        /// A part of what a worker has encoded.
        case encoded([Int32], Range<Int>)
        /// A document of a memory-mapped shard.
        case mapped(TokenShard, Int)
    }

    let storage: Storage
    /// The hash of its text.
    let hash: UInt64

    var count: Int {
        switch storage {
        case .encoded(_, let range): range.count
        case .mapped(let shard, let document): shard.tokens(of: document).count
        }
    }

    /// Copies tokens `range` to `destination`.
    func copy(_ range: Range<Int>, to destination: UnsafeMutablePointer<Int32>) {
        switch storage {
        case .encoded(let tokens, let own):
            tokens.withUnsafeBufferPointer { tokens in
                guard let start = tokens.baseAddress else { return }
                destination.update(from: start + own.lowerBound + range.lowerBound, count: range.count)
            }
        case .mapped(let shard, let document):
            shard.tokens(of: document).copy(range, to: destination)
        }
    }
}

import Dispatch
import Synchronization

extension Tokenizer {
    /// The ids of many texts, in their order, by several threads.
    public func encode(_ texts: [String], threads: Int, allowSpecial: Bool = false) -> [[Int32]] {
        var results = [[Int32]](repeating: [], count: texts.count)
        // Texts differ in length by orders of magnitude: a thread takes a few at a time until none is left.
        let batch = max(1, min(64, texts.count / (8 * max(threads, 1))))
        let next = Atomic(0)
        results.withUnsafeMutableBufferPointer { buffer in
            // Each element is written by the one thread that took its index.
            nonisolated(unsafe) let slots = buffer
            DispatchQueue.concurrentPerform(iterations: max(threads, 1)) { _ in
                while true {
                    let start = next.add(batch, ordering: .relaxed).oldValue
                    guard start < texts.count else { break }
                    for index in start..<min(start + batch, texts.count) {
                        slots[index] = encode(texts[index], allowSpecial: allowSpecial)
                    }
                }
            }
        }
        return results
    }
}

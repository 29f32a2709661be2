import ArgonneTokenizer
import TestSupport
import Testing

/// Adversarial texts: the work is counted, so that the tests do not depend on the machine.
struct WorkTests {
    private static let texts: [(name: String, make: @Sendable (Int) -> [UInt8])] = [
        ("one letter", { [UInt8](repeating: 0x61, count: $0) }),
        ("spaces", { [UInt8](repeating: 0x20, count: $0) }),
        ("spaces, then a letter", { [UInt8](repeating: 0x20, count: $0 - 1) + [0x61] }),
        ("a line break, then spaces", { [0x0A] + [UInt8](repeating: 0x20, count: $0 - 2) + [0x61] }),
        ("line breaks between spaces", { size in (0..<size).map { $0 % 2 == 0 ? 0x20 : 0x0A } }),
        ("upper case", { [UInt8](repeating: 0x41, count: $0) }),
        ("both cases", { size in (0..<size).map { $0 % 2 == 0 ? 0x41 : 0x61 } }),
        ("digits", { [UInt8](repeating: 0x39, count: $0) }),
        ("apostrophes", { [UInt8](repeating: 0x27, count: $0) }),
        ("angle brackets", { [UInt8](repeating: 0x3C, count: $0) }),
        ("combining marks", { size in Array(String(repeating: "\u{301}\u{323}", count: size / 4).utf8) }),
        ("Hangul parts", { size in Array(String(repeating: "\u{1100}\u{1161}\u{11A8}", count: size / 9).utf8) }),
        ("upper case after letters without case", { size in Array("ヴ".utf8) + [UInt8](repeating: 0x41, count: size) }),
        (
            "random bytes",
            { size in
                var random = SplitMix64(seed: 1)
                return (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            }
        ),
        (
            "random letters",
            { size in
                var random = SplitMix64(seed: 2)
                return (0..<size).map { _ in 0x61 + UInt8(random.next() % 26) }
            }
        ),
    ]

    @Test(arguments: ["gpt2.json", "llama3.json", "gpt4o.json", "whole.json", "cl100k_base.tiktoken"])
    func staysInProportionToTheText(_ file: String) throws {
        let tokenizer = try Tokenizer(directory: Golden.path(file))
        for text in Self.texts {
            let size = 1_000_000
            let work = text.make(size).withUnsafeBufferPointer { tokenizer.work(of: $0) }
            // A queue of a million entries is 20 levels deep, and each byte enters it three times at most. U+FFFD is three bytes.
            #expect(work < 3 * 64 * size, "\(file): \(text.name)")
        }
    }
}

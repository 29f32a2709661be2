import ArgonneTokenizer
import Testing

struct RoundTripTests {
    @Test(arguments: ["gpt2.json", "llama3.json", "gpt4o.json", "argonne1", "o200k_base.tiktoken"])
    func decodingGivesTheTextBack(_ file: String) throws {
        let tokenizer = try Tokenizer(directory: Golden.path(file))
        for index in 0..<2_000 {
            let text = String(decoding: GeneratedText.bytes(index), as: UTF8.self)
            for allowSpecial in [false, true] {
                let bytes = tokenizer.decodeBytes(tokenizer.encode(text, allowSpecial: allowSpecial))
                #expect(bytes.elementsEqual(text.utf8), "text \(index)")
            }
        }
    }

    @Test func bytesAreKeptAsTheyAre() {
        let tokenizer = Tokenizer.bytes
        for index in 0..<500 {
            let bytes = GeneratedText.bytes(index)
            var ids: [Int32] = []
            bytes.withUnsafeBufferPointer { tokenizer.encode(utf8: $0, into: &ids) }
            #expect(ids.elementsEqual(bytes.map { Int32($0) }))
            #expect(tokenizer.decodeBytes(ids) == bytes)
        }
    }

    @Test func byteTokenizerHasThreeMarks() {
        let tokenizer = Tokenizer.bytes
        #expect(tokenizer.vocabularySize == 259)
        #expect(tokenizer.beginningOfDocument == 256)
        #expect(tokenizer.endOfDocument == 257)
        #expect(tokenizer.padding == 258)
        #expect(tokenizer.encode("é<|pad|>").count == 9)
        #expect(tokenizer.encode("é<|pad|>", allowSpecial: true) == [0xC3, 0xA9, 258])
        #expect(tokenizer.encode("") == [])
    }

    @Test func specialTokensAreTextUnlessAllowed() throws {
        let tokenizer = try Tokenizer(directory: Golden.path("gpt2.json"))
        let end = try #require(tokenizer.id(of: "<|endoftext|>"))
        #expect(tokenizer.isSpecial(end))
        #expect(tokenizer.encode("a<|endoftext|>b", allowSpecial: true).contains(end))
        #expect(!tokenizer.encode("a<|endoftext|>b").contains(end))
        #expect(tokenizer.decode([end, end] + tokenizer.encode("a"), skipSpecial: true) == "a")
        #expect(tokenizer.decode([end]) == "<|endoftext|>")
    }

    @Test func spellingsAreThoseOfTheFile() throws {
        let tokenizer = try Tokenizer(directory: Golden.path("gpt2.json"))
        let vocabulary = try #require(try Golden.json("gpt2.json")["model"]?["vocab"]?.members)
        for entry in vocabulary {
            let id = Int32(try #require(entry.value.integer(as: Int.self)))
            #expect(tokenizer.id(of: entry.key) == id)
            #expect(tokenizer.token(for: id) == entry.key)
        }
        #expect(tokenizer.token(for: -1) == nil)
        #expect(tokenizer.token(for: 1 << 20) == nil)
        #expect(tokenizer.id(of: "no such token") == nil)
        #expect(tokenizer.decode([-1, 1 << 20]) == "")
    }

    @Test func streamedPiecesAreTheWholeText() throws {
        let tokenizer = try Tokenizer(directory: Golden.path("gpt4o.json"))
        for index in 0..<1_000 {
            // Bytes as ids come apart inside characters; cutting some off leaves characters that never end.
            let bytes = GeneratedText.bytes(index)
            for (tokenizer, ids) in [
                (tokenizer, tokenizer.encode(String(decoding: bytes, as: UTF8.self))), (.bytes, bytes.map { Int32($0) }),
                (.bytes, bytes.dropFirst().dropLast().map { Int32($0) }),
            ] {
                var decoder = StreamingDecoder(tokenizer)
                var pieces = ids.map { decoder.push($0) }
                pieces.append(decoder.finish())
                #expect(pieces.joined().utf8.elementsEqual(tokenizer.decode(ids).utf8), "text \(index)")
                #expect(decoder.finish() == "")
            }
        }
    }

    @Test func streamingHoldsBackUnfinishedCharacters() {
        var decoder = StreamingDecoder(.bytes, skipSpecial: true)
        #expect("a€".utf8.map { decoder.push(Int32($0)) } == ["a", "", "", "€"])
        #expect(decoder.push(257) == "")
        #expect([0xF0, 0x9F].map { decoder.push($0) } == ["", ""])
        #expect(decoder.push(0x41) == "\u{FFFD}A")
        #expect(decoder.push(0xE2) == "")
        #expect(decoder.finish() == "\u{FFFD}")
    }

    @Test func batchesKeepTheirOrderOnAnyNumberOfThreads() throws {
        let tokenizer = try Tokenizer(directory: Golden.path("llama3.json"))
        let texts = (0..<700).map { String(decoding: GeneratedText.bytes($0), as: UTF8.self) }
        let expected = texts.map { tokenizer.encode($0) }
        for threads in [1, 2, 3, 16] { #expect(tokenizer.encode(texts, threads: threads) == expected) }
        #expect(tokenizer.encode([], threads: 4) == [])
    }
}

import Checksums
import Testing

/// The expected values come from Python's hashlib and xxhash over the same bytes.
struct ChecksumTests {
    static let data = (0..<1000).map { (i: Int) -> UInt8 in UInt8((i * i * 31 + i * 7 + 3) % 251) }

    static let vectors: [(count: Int, sha256: String, xxh64: String, seeded: String)] = [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "ef46db3751d8e999", "ac75fda2929b17ef"),
        (1, "084fed08b978af4d7d196a7446a86b58009e636b611db16211b65a9aadff29c5", "1f25c8d0bc1f4bb6", "79cf94f5ace37fe1"),
        (3, "e0bb91a750ddac6ae0c9c4198a55314481783140aa6822764889b9d4c7cf0c6d", "a020f3294a68c3b2", "983e63dbf8e72e52"),
        (4, "4bace6bdf0a8ce75583b06432fc938c7463b66693ff1ec7b2104fa1340cc3e94", "a321169d3d1ee33a", "62e17f79a90de860"),
        (7, "db2bf9c96c4482a03fd321ebbe2961bf4d3d068df2b6f1927fc3368661836e5a", "235288dfd99681c5", "74a92bcee50545cd"),
        (31, "e46241f8f8bbc8789aa34f7028b73d81e12fed32f22e13cc8396fad14b7e1025", "4326e3bdf73e9e4c", "141c9db7b3ecb649"),
        (32, "1ed496e6ccfa7df54ce8de9807b5016666edab7f97484853ca325ca7e5acedb8", "660037829b4241f6", "60cdfdc3082ee84a"),
        (33, "64f0d2df833a2de019455d5f7be9782924d44de4b030932cdf7420a5040c2f8b", "650329e1c80136fa", "8273c5a2dc49e9c1"),
        (55, "07135c6f922e0cecd13d2fafb0604a6c34cc6756e397f0c2c77d0e32ac8dfb05", "d3de317ec8a20191", "8c81dae62b5cb7d0"),
        (56, "e496aeb902dc3d8d494fef7566bc65a82fa6f5abfb6224e890de1c68b5630117", "afdf82e136621a18", "d7770b9275c792f3"),
        (63, "f6877eed7b433910570ed39fece4f4555402a5dd3363b58c77f1f5a84528642a", "c0a830893b1102b3", "f352ab10776b11b8"),
        (64, "fb0776407234ceaa3b7960c78c52e334f0b54fbed2b9d379798ac65a65ddbd05", "b6a24631a63c9c65", "f49cd631f92213e0"),
        (120, "e5af354f715efdffb7a645f71e0de3c7c3b0f362868f9611496dad6870db14f0", "ed1ce3cf599e89c7", "bbb560ae794470c7"),
        (999, "353736c15d56b3b9fa7a88b9d3f1930bf8de9c3dd1e7d1c2912d97b43cb95a0f", "62d41f62b98e098b", "7af3004b03d69687"),
        (1000, "3dd653fb28011a017c402f0219f8edd25704d4372c5b0cfd857dbbbc6064ce14", "7e09ac06275ceb02", "df9dcc9af8723159"),
    ]

    @Test(arguments: vectors)
    func knownVectors(count: Int, sha256: String, xxh64: String, seeded: String) {
        let bytes = Array(Self.data.prefix(count))
        var sha = SHA256()
        var xxh = XXH64()
        var seededXXH = XXH64(seed: 2_654_435_761)
        sha.update(bytes)
        xxh.update(bytes)
        seededXXH.update(bytes)
        #expect(sha.hexDigest() == sha256)
        #expect(xxh.hexDigest() == xxh64)
        #expect(seededXXH.hexDigest() == seeded)
    }

    /// Pieces of every size from 0 to 70 cross the block boundaries of both hashes in every way.
    @Test func piecesOfAnySizeGiveTheSameHash() {
        for size in 1...70 {
            var sha = SHA256()
            var xxh = XXH64()
            var start = 0
            while start < Self.data.count {
                let piece = Array(Self.data[start..<min(start + size, Self.data.count)])
                sha.update(piece)
                xxh.update(piece)
                sha.update([])
                xxh.update([])
                start += size
            }
            #expect(sha.hexDigest() == "3dd653fb28011a017c402f0219f8edd25704d4372c5b0cfd857dbbbc6064ce14", "pieces of \(size)")
            #expect(xxh.hexDigest() == "7e09ac06275ceb02", "pieces of \(size)")
        }
    }

    @Test func aDigestDoesNotDisturbWhatFollows() {
        var sha = SHA256()
        var xxh = XXH64()
        for byte in Self.data {
            sha.update([byte])
            xxh.update([byte])
            _ = sha.digest()
            _ = xxh.digest()
        }
        #expect(sha.hexDigest() == "3dd653fb28011a017c402f0219f8edd25704d4372c5b0cfd857dbbbc6064ce14")
        #expect(xxh.hexDigest() == "7e09ac06275ceb02")
    }

    @Test func strings() {
        #expect(SHA256.hexDigest(utf8: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        var xxh = XXH64()
        xxh.update(utf8: "Nobody inspects the spammish ")
        xxh.update(utf8: "repetition")
        #expect(xxh.digest() == 0xfbce_a83c_8a37_8bf1)
    }
}

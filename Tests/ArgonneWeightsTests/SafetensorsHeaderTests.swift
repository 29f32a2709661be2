import ArgonneWeights
import Foundation
import TestSupport
import Testing

/// A header comes from anybody: whatever is wrong with it must be said, never trusted.
struct SafetensorsHeaderTests {
    /// The bytes of a file with this JSON and so many bytes of data.
    static func file(_ json: String, dataByteCount: Int, claimedLength: UInt64? = nil) -> [UInt8] {
        let length = claimedLength ?? UInt64(json.utf8.count)
        return withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(json.utf8)
            + (0..<dataByteCount).map { UInt8(truncatingIfNeeded: $0) }
    }

    /// Opens a file of these bytes; errors name it `f`.
    static func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
        try withTemporaryDirectory { folder in
            let path = "\(folder)/f"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return try SafetensorsFile(path: path)
        }
    }

    static func message(_ bytes: [UInt8]) throws -> String {
        let error = try #require(throws: WeightsError.self) { try open(bytes) }
        guard case .malformed(_, let tensor, let reason) = error else { return "\(error)" }
        return (tensor.map { "\($0): " } ?? "") + reason
    }

    @Test func unalignedFilesOfOldWritersAreRead() throws {
        let file = try Self.open(Self.file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, dataByteCount: 4))
        #expect(try file.tensors[0].elements(as: Float.self) == [Float(bitPattern: 0x0302_0100)])
    }

    @Test func noTensorsIsAFile() throws {
        #expect(try Self.open(Self.file("{}", dataByteCount: 0)).tensors.isEmpty)
    }

    static let malformed: [(json: String, dataByteCount: Int, message: String)] = [
        ("[]", 0, "its header is not a JSON object"),
        (" {}", 0, "its header is not a JSON object"),
        ("{", 0, "its header is not valid JSON: line 1, column 2: a key in double quotes was expected"),
        (#"{"__metadata__":{"a":1}}"#, 0, "'__metadata__' is not an object of strings"),
        (#"{"__metadata__":"pt"}"#, 0, "'__metadata__' is not an object of strings"),
        (#"{"a":3}"#, 0, "a: must have exactly the fields dtype, shape and data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "a: must have exactly the fields dtype, shape and data_offsets"),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":0}}"#, 4,
            "a: must have exactly the fields dtype, shape and data_offsets"
        ),
        (#"{"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}"#, 4, "a: has a dtype that is not a string"),
        (
            #"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}"#, 4,
            "a: has the dtype 'F4', which is none of BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64"
        ),
        (#"{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}"#, 4, "a: has a shape that is not a list"),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "a: has the dimension -1, which is not a size"),
        (#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4, "a: has the dimension 1.0, which is not a size"),
        (
            #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, 4,
            #"a: has the shape ["4294967296", "4294967296"], which is more than memory can hold"#
        ),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "a: has data_offsets that are not a begin and an end"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "a: has data_offsets that are not a begin and an end"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "a: has data_offsets that are not a begin and an end"),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,11]}}"#, 11, "a: has 11 bytes, but F32 elements of shape [3] take 12"),
        (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#, 8, "a: begins at byte 4 of the data, which leaves a hole after byte 0"),
        (
            #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 3,
            "a: ends at byte 4 of the data, of which there are 3; the file is truncated"
        ),
        (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 5, "its tensors end at byte 4 of 5"),
        (
            #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#, 6,
            "b: begins at byte 2 of the data and overlaps the one that ends at 4"
        ),
        (
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2,
            "its header is not valid JSON: line 1, column 54: the key 'a' is there twice"
        ),
    ]

    @Test(arguments: malformed)
    func malformedHeadersAreRefused(json: String, dataByteCount: Int, message: String) throws {
        #expect(try Self.message(Self.file(json, dataByteCount: dataByteCount)) == message)
    }

    @Test func absurdLengthsAreRefused() throws {
        #expect(try Self.message([]) == "it has 0 bytes, too few for a safetensors header")
        #expect(try Self.message([1, 2, 3]) == "it has 3 bytes, too few for a safetensors header")
        #expect(
            try Self.message(Self.file("{}", dataByteCount: 0, claimedLength: .max))
                == "its header claims 18446744073709551615 bytes, more than the 100000000 that the format allows")
        #expect(
            try Self.message(Self.file("{}", dataByteCount: 0, claimedLength: 3))
                == "its header claims 3 bytes, but only 2 follow; the file is truncated")
        #expect(
            try Self.message(Self.file("", dataByteCount: 4))
                == "its header is not valid JSON: line 1, column 1: the text ends where a value was expected")
    }

    @Test func missingFilesAndFoldersAreRefused() throws {
        #expect(throws: WeightsError.unreadable(path: "/nowhere/x", reason: "No such file or directory")) {
            try SafetensorsFile(path: "/nowhere/x")
        }
        #expect(throws: WeightsError.unreadable(path: "/", reason: "it is not a file")) { try SafetensorsFile(path: "/") }
    }

    /// Thousands of damaged copies of a valid file: each is refused with an error, or read within its bounds.
    @Test func damagedFilesNeverCrash() throws {
        let golden = [UInt8](try Data(contentsOf: URL(fileURLWithPath: SafetensorsGoldenTests.path)))
        let headerEnd = 8 + Int(UInt64(littleEndian: golden.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }))
        var random = SplitMix64(seed: 7)
        var (accepted, refused) = (0, 0)
        try withTemporaryDirectory { folder in
            let path = "\(folder)/f.safetensors"
            for _ in 0..<3000 {
                var bytes = golden
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let place = Int.random(in: 0..<min(headerEnd, bytes.count), using: &random)
                    switch Int.random(in: 0..<5, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes[place] = Array("0123456789[]{},:\"-eE".utf8).randomElement(using: &random) ?? 0
                    case 2: bytes.remove(at: place)
                    case 3: bytes.insert(bytes[place], at: place)
                    default: bytes.removeLast(Int.random(in: 0...min(9, bytes.count - 8), using: &random))
                    }
                }
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                defer { unlink(path) }  // overwriting would make the file system wait for the disk
                do {
                    let file = try SafetensorsFile(path: path)
                    let sum = file.tensors.reduce(0) { sum, tensor in tensor.withBytes { $0.reduce(sum) { $0 &+ Int($1) } } }
                    #expect(sum >= 0)
                    accepted += 1
                } catch is WeightsError {
                    refused += 1
                }
            }
        }
        #expect(refused > 2000)
        #expect(accepted > 10)
    }
}

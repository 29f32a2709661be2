import ArgonneWeights
import Foundation
import TestSupport
import Testing

struct SafetensorsWriterTests {
    private let tensors = [
        TensorDescription(name: "embed", type: .f32, shape: [10, 4]),
        TensorDescription(name: "b.1", type: .bf16, shape: [3]),
        TensorDescription(name: "a.1", type: .bf16, shape: [5]),
        TensorDescription(name: "big", type: .u8, shape: [500]),
        TensorDescription(name: "last", type: .i64, shape: []),
    ]

    /// Bytes that differ from tensor to tensor.
    private func contents(of tensor: TensorDescription) -> [UInt8] {
        (0..<tensor.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ tensor.name.count) }
    }

    private func write(to folder: String, maximumShardByteCount: Int) throws -> OutputDirectory {
        let output = try OutputDirectory(path: folder)
        try SafetensorsWriter(tensors: tensors, maximumShardByteCount: maximumShardByteCount).write(to: output) { tensor, append in
            let bytes = contents(of: tensor)
            try bytes[..<(bytes.count / 2)].withUnsafeBytes(append)  // in two pieces, as sharded parameters are
            try bytes[(bytes.count / 2)...].withUnsafeBytes(append)
        }
        return output
    }

    private func files(in folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

    @Test func shardsAndTheirIndexAreReadBack() throws {
        try withTemporaryDirectory { folder in
            let output = try write(to: folder, maximumShardByteCount: 180)
            #expect(
                try files(in: folder) == [
                    "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors",
                    "model.safetensors.index.json",
                ])
            #expect(try output.manifest.entries.map(\.name) == files(in: folder))
            let reader = try SafetensorsReader(path: folder)
            #expect(reader.names == ["embed", "b.1", "a.1", "big", "last"])
            for tensor in tensors {
                #expect(reader[tensor.name]?.description == tensor)
                #expect(reader[tensor.name]?.withBytes(Array.init) == contents(of: tensor))
            }
            let index = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: "\(folder)/model.safetensors.index.json")))
            let object = try #require(index as? [String: Any])
            #expect((object["metadata"] as? [String: Int])?["total_size"] == tensors.reduce(0) { $0 + $1.byteCount })
            #expect((object["weight_map"] as? [String: String])?["big"] == "model-00002-of-00003.safetensors")
        }
    }

    @Test func whatFitsIsOneFileWithoutAnIndex() throws {
        try withTemporaryDirectory { folder in
            _ = try write(to: folder, maximumShardByteCount: 10_000)
            #expect(try files(in: folder) == ["model.safetensors"])
            #expect(try SafetensorsReader(path: folder).names.count == tensors.count)
            #expect(try SafetensorsReader(path: "\(folder)/model.safetensors").names.count == tensors.count)
        }
    }

    @Test func aWrongNumberOfBytesLeavesNothingBehind() throws {
        try withTemporaryDirectory { folder in
            let output = try OutputDirectory(path: folder)
            let error = try #require(throws: WeightsError.self) {
                try SafetensorsWriter(tensors: tensors).write(to: output) { tensor, append in
                    try contents(of: tensor).dropLast().withUnsafeBytes(append)
                }
            }
            #expect("\(error)".hasSuffix("tensor 'last' was given 7 bytes, but its shape [] takes 8"))
            #expect(try files(in: folder).isEmpty)
        }
    }

    @Test func incompleteFoldersAreRefused() throws {
        try withTemporaryDirectory { folder in
            #expect(
                throws: WeightsError.unreadable(path: folder, reason: "it has neither model.safetensors nor model.safetensors.index.json")
            ) { try SafetensorsReader(path: folder) }
            _ = try write(to: folder, maximumShardByteCount: 180)
            let second = "\(folder)/model-00002-of-00003.safetensors"
            try FileManager.default.moveItem(atPath: second, toPath: "\(folder)/away")
            #expect(throws: WeightsError.unreadable(path: second, reason: "No such file or directory")) {
                try SafetensorsReader(path: folder)
            }
            try FileManager.default.copyItem(atPath: "\(folder)/model-00001-of-00003.safetensors", toPath: second)
            let error = try #require(throws: WeightsError.self) { try SafetensorsReader(path: folder) }
            #expect(error == .malformed(file: second, tensor: "embed", reason: "is in another file of the model too"))
        }
    }

    @Test(arguments: [
        ("{}", "is malformed: it has no object 'weight_map'"),
        ("{\"weight_map\": {\"a\": \"../x\"}}", "is malformed: tensor 'a' is mapped to \"../x\", which is not a file name"),
        ("{\"weight_map\": {\"a\": 1}}", "is malformed: tensor 'a' is mapped to 1, which is not a file name"),
        ("{\"weight_map\"", "is malformed: line 1, column 14: ':' was expected after the key 'weight_map'"),
        ("{\"weight_map\": {\"a\": \"model.safetensors\"}}", "is malformed: tensor 'a' is missing, though the index says that it is here"),
    ])
    func badIndexesAreRefused(json: String, message: String) throws {
        try withTemporaryDirectory { folder in
            _ = try write(to: folder, maximumShardByteCount: 10_000)
            try Data(json.utf8).write(to: URL(fileURLWithPath: "\(folder)/model.safetensors.index.json"))
            let error = try #require(throws: WeightsError.self) { try SafetensorsReader(path: folder) }
            #expect("\(error)".hasSuffix(message))
        }
    }
}

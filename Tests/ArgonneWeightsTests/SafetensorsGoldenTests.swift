import ArgonneWeights
import Foundation
import PJRT
import TestSupport
import Testing

/// Against the file that Golden/make_golden.py writes with the reference implementation.
struct SafetensorsGoldenTests {
    static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/every_type.safetensors")
        .path

    @Test func everyTypeIsRead() throws {
        let reader = try SafetensorsReader(path: Self.path)
        #expect(reader.metadata == ["format": "pt"])
        #expect(reader.names.count == SafetensorsType.allCases.count + 3)
        for type in SafetensorsType.allCases {
            let tensor = try reader.tensor("z.\(type.rawValue.lowercased())")
            #expect(tensor.type == type)
            #expect(tensor.shape == [2, 3])
        }
        #expect(try reader.tensor("z.f64").elements(as: Double.self) == [0, 1, 2, 3, 4, 5])
        #expect(try reader.tensor("z.u64").elements(as: UInt64.self) == [0, 1, 2, 3, 4, 5])
        #expect(try reader.tensor("z.i32").elements(as: Int32.self) == [0, 1, 2, 3, 4, 5])
        #expect(try reader.tensor("z.bool").elements(as: Bool.self) == [false, true, true, true, true, true])
        #expect(try reader.tensor("z.f8_e4m3").withBytes(Array.init) == [0x00, 0x38, 0x40, 0x44, 0x48, 0x4A])
        for name in ["z.f32", "z.f16", "z.bf16"] {
            #expect(try reader.tensor(name).elements(as: Float.self) == [0, 1, 2, 3, 4, 5])
            #expect(try reader.tensor(name).elements(as: Float16.self) == [0, 1, 2, 3, 4, 5])
            #expect(try reader.tensor(name).elements(as: BFloat16.self).map(\.float) == [0, 1, 2, 3, 4, 5])
        }
        #expect(try reader.tensor("a.scalar").elements(as: Float.self) == [-1.5])
        #expect(try reader.tensor("a.scalar").shape == [])
        #expect(try reader.tensor("a.empty").elements(as: Float.self) == [])
        #expect(
            try reader.tensor("quoted \"name\" \\ é\n").elements(as: Float.self)
                == [1, 0.10009765625, 65536, 1.0011717677116394e-07, .infinity])
    }

    /// Exports must not differ from what other tools write.
    @Test func theSameBytesAreWritten() throws {
        let reader = try SafetensorsReader(path: Self.path)
        let tensors = reader.names.sorted().compactMap { reader[$0]?.description }
        try withTemporaryDirectory { folder in
            let output = try OutputDirectory(path: folder)
            try SafetensorsWriter(tensors: tensors).write(to: output) { tensor, append in
                try reader.tensor(tensor.name).withBytes(append)
            }
            let written = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/model.safetensors"))
            #expect(try written == Data(contentsOf: URL(fileURLWithPath: Self.path)))
        }
    }

    @Test func onlyFloatsAreConverted() throws {
        let reader = try SafetensorsReader(path: Self.path)
        #expect(throws: WeightsError.notConvertible(tensor: "z.i32", from: "I32", to: "F32")) {
            try reader.tensor("z.i32").elements(as: Float.self)
        }
        #expect(throws: WeightsError.notConvertible(tensor: "z.f8_e5m2", from: "F8_E5M2", to: "U8")) {
            try reader.tensor("z.f8_e5m2").elements(as: UInt8.self)
        }
        #expect(throws: WeightsError.missingTensor("z.f4", path: Self.path)) { try reader.tensor("z.f4") }
    }
}

import Foundation
import PJRT
import Testing

@Suite struct ElementTypeTests {
    @Test func spellingAndSize() {
        let expected: [ElementType: (String, Int)] = [
            .f64: ("f64", 8), .f32: ("f32", 4), .f16: ("f16", 2), .bf16: ("bf16", 2), .i64: ("i64", 8), .i32: ("i32", 4),
            .i16: ("i16", 2), .i8: ("i8", 1), .u64: ("ui64", 8), .u32: ("ui32", 4), .u16: ("ui16", 2), .u8: ("ui8", 1), .bool: ("i1", 1),
        ]
        #expect(expected.count == ElementType.allCases.count)
        for (type, (name, size)) in expected {
            #expect(type.mlirName == name)
            #expect(type.byteCount == size)
        }
    }

    @Test func codableIsTheName() throws {
        #expect(try JSONEncoder().encode([ElementType.bf16]) == Data(#"["bf16"]"#.utf8))
        #expect(try JSONDecoder().decode([ElementType].self, from: Data(#"["u32","bool"]"#.utf8)) == [.u32, .bool])
    }

    @Test func hostScalarsHaveTheirElementsSize() {
        func check<Scalar: HostScalar>(_: Scalar.Type) {
            #expect(MemoryLayout<Scalar>.size == Scalar.elementType.byteCount)
            #expect(MemoryLayout<Scalar>.stride == Scalar.elementType.byteCount)
        }
        check(Double.self)
        check(Float.self)
        check(Float16.self)
        check(BFloat16.self)
        check(Int64.self)
        check(Int32.self)
        check(Int16.self)
        check(Int8.self)
        check(UInt64.self)
        check(UInt32.self)
        check(UInt16.self)
        check(UInt8.self)
        check(Bool.self)
    }

    @Test func bufferTypeCountsAndPrints() {
        #expect(BufferType(.bf16, [2, 3]).byteCount == 12)
        #expect(BufferType(.f32, []).elementCount == 1)
        #expect(BufferType(.f32, [4, 0]).byteCount == 0)
        #expect("\(BufferType(.f32, [2, 3]))" == "f32[2,3]")
        #expect("\(BufferType(.i32, []))" == "i32[]")
    }
}

import CPJRT

/// The type of an array's elements. Raw values are the names used in configurations and messages.
public enum ElementType: String, Sendable, Codable, CaseIterable {
    case f64, f32, f16, bf16
    case i64, i32, i16, i8
    case u64, u32, u16, u8
    /// A truth value: one byte, 0 or 1 (StableHLO's `i1`).
    case bool

    /// Bytes of one element in host memory.
    public var byteCount: Int {
        switch self {
        case .f64, .i64, .u64: 8
        case .f32, .i32, .u32: 4
        case .f16, .bf16, .i16, .u16: 2
        case .i8, .u8, .bool: 1
        }
    }

    /// The type's spelling in StableHLO text.
    public var mlirName: String {
        switch self {
        case .bool: "i1"
        case .u64: "ui64"
        case .u32: "ui32"
        case .u16: "ui16"
        case .u8: "ui8"
        default: rawValue
        }
    }

    /// Whether values are floating-point numbers.
    public var isFloatingPoint: Bool {
        switch self {
        case .f64, .f32, .f16, .bf16: true
        default: false
        }
    }

    var bufferType: PJRT_Buffer_Type {
        switch self {
        case .f64: PJRT_Buffer_Type_F64
        case .f32: PJRT_Buffer_Type_F32
        case .f16: PJRT_Buffer_Type_F16
        case .bf16: PJRT_Buffer_Type_BF16
        case .i64: PJRT_Buffer_Type_S64
        case .i32: PJRT_Buffer_Type_S32
        case .i16: PJRT_Buffer_Type_S16
        case .i8: PJRT_Buffer_Type_S8
        case .u64: PJRT_Buffer_Type_U64
        case .u32: PJRT_Buffer_Type_U32
        case .u16: PJRT_Buffer_Type_U16
        case .u8: PJRT_Buffer_Type_U8
        case .bool: PJRT_Buffer_Type_PRED
        }
    }

    /// XLA's number for the type in its protocol buffers (`xla.PrimitiveType`), which is not the C API's.
    var primitiveType: Int {
        switch self {
        case .bool: 1
        case .i8: 2
        case .i16: 3
        case .i32: 4
        case .i64: 5
        case .u8: 6
        case .u16: 7
        case .u32: 8
        case .u64: 9
        case .f16: 10
        case .f32: 11
        case .f64: 12
        case .bf16: 16
        }
    }

    init?(bufferType: PJRT_Buffer_Type) {
        guard let match = Self.allCases.first(where: { $0.bufferType == bufferType }) else { return nil }
        self = match
    }

    init?(primitiveType: Int) {
        guard let match = Self.allCases.first(where: { $0.primitiveType == primitiveType }) else { return nil }
        self = match
    }
}

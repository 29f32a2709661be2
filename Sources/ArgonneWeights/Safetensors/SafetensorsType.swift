import PJRT

/// The type of a tensor's elements in a safetensors file; the raw value is its name there.
///
/// The order is that of the format's reference implementation, which lays out a file's tensors by descending type, then by name.
public enum SafetensorsType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case f8E5M2 = "F8_E5M2"
    case f8E4M3 = "F8_E4M3"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case f64 = "F64"
    case i64 = "I64"
    case u64 = "U64"

    /// Bytes of one element.
    public var byteCount: Int {
        switch self {
        case .bool, .u8, .i8, .f8E5M2, .f8E4M3: 1
        case .i16, .u16, .f16, .bf16: 2
        case .i32, .u32, .f32: 4
        case .f64, .i64, .u64: 8
        }
    }

    /// The type with the same memory on a device; nil for the 8-bit floats, whose bytes can be read but not computed with.
    public var elementType: ElementType? {
        switch self {
        case .bool: .bool
        case .u8: .u8
        case .i8: .i8
        case .i16: .i16
        case .u16: .u16
        case .f16: .f16
        case .bf16: .bf16
        case .i32: .i32
        case .u32: .u32
        case .f32: .f32
        case .f64: .f64
        case .i64: .i64
        case .u64: .u64
        case .f8E5M2, .f8E4M3: nil
        }
    }

    /// The type in a file of elements that have this type on a device.
    public init(_ elementType: ElementType) {
        self =
            switch elementType {
            case .bool: .bool
            case .u8: .u8
            case .i8: .i8
            case .i16: .i16
            case .u16: .u16
            case .f16: .f16
            case .bf16: .bf16
            case .i32: .i32
            case .u32: .u32
            case .f32: .f32
            case .f64: .f64
            case .i64: .i64
            case .u64: .u64
            }
    }

    /// The place in the order of declaration.
    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

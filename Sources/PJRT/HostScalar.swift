/// A Swift type whose memory is that of an array element on a device.
public protocol HostScalar: BitwiseCopyable, Sendable {
    /// The element type with the same memory.
    static var elementType: ElementType { get }
}

extension Double: HostScalar {
    /// 64-bit floating point.
    public static var elementType: ElementType { .f64 }
}

extension Float: HostScalar {
    /// 32-bit floating point.
    public static var elementType: ElementType { .f32 }
}

extension Float16: HostScalar {
    /// IEEE 16-bit floating point.
    public static var elementType: ElementType { .f16 }
}

extension BFloat16: HostScalar {
    /// bfloat16.
    public static var elementType: ElementType { .bf16 }
}

extension Int64: HostScalar {
    /// 64-bit signed integer.
    public static var elementType: ElementType { .i64 }
}

extension Int32: HostScalar {
    /// 32-bit signed integer.
    public static var elementType: ElementType { .i32 }
}

extension Int16: HostScalar {
    /// 16-bit signed integer.
    public static var elementType: ElementType { .i16 }
}

extension Int8: HostScalar {
    /// 8-bit signed integer.
    public static var elementType: ElementType { .i8 }
}

extension UInt64: HostScalar {
    /// 64-bit unsigned integer.
    public static var elementType: ElementType { .u64 }
}

extension UInt32: HostScalar {
    /// 32-bit unsigned integer.
    public static var elementType: ElementType { .u32 }
}

extension UInt16: HostScalar {
    /// 16-bit unsigned integer.
    public static var elementType: ElementType { .u16 }
}

extension UInt8: HostScalar {
    /// 8-bit unsigned integer.
    public static var elementType: ElementType { .u8 }
}

extension Bool: HostScalar {
    /// Truth value, one byte.
    public static var elementType: ElementType { .bool }
}

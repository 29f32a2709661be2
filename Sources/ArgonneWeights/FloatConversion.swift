import PJRT

/// Conversion of arrays between f32, f16 and bf16: to the nearest value, ties to even, overflow to infinity, NaN stays NaN. The loops
/// are written so that the compiler vectorises them for any x86-64, and neither array needs alignment.
public enum FloatConversion {
    /// Whether `convert` takes these types: equal ones, or two of f32, f16 and bf16.
    public static func isAvailable(from source: ElementType, to destination: ElementType) -> Bool {
        let floats: [ElementType] = [.f32, .f16, .bf16]
        return source == destination || (floats.contains(source) && floats.contains(destination))
    }

    /// Converts as many elements as both arrays hold. The types must be ones for which `isAvailable`; the arrays must not overlap.
    public static func convert(
        _ source: UnsafeRawBufferPointer, from sourceType: ElementType,
        to destination: UnsafeMutableRawBufferPointer, as destinationType: ElementType
    ) {
        precondition(isAvailable(from: sourceType, to: destinationType), "no conversion from \(sourceType) to \(destinationType)")
        let count = source.count / sourceType.byteCount
        precondition(destination.count / destinationType.byteCount == count, "the arrays have different numbers of elements")
        guard count > 0, let input = source.baseAddress, let output = destination.baseAddress else { return }
        switch (sourceType, destinationType) {
        case (.f32, .bf16): map(input, output, count) { (x: UInt32) in bf16(x) }
        case (.f32, .f16): map(input, output, count) { (x: UInt32) in f16(x) }
        case (.bf16, .f32): map(input, output, count) { (x: UInt16) in UInt32(x) << 16 }
        case (.f16, .f32): map(input, output, count) { (x: UInt16) in f32(x) }
        case (.bf16, .f16): map(input, output, count) { (x: UInt16) in f16(UInt32(x) << 16) }
        case (.f16, .bf16): map(input, output, count) { (x: UInt16) in bf16(f32(x)) }
        default: output.copyMemory(from: input, byteCount: source.count)
        }
    }

    @inline(__always)
    private static func map<Source: FixedWidthInteger, Destination: FixedWidthInteger>(
        _ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer, _ count: Int, _ convert: (Source) -> Destination
    ) {
        for index in 0..<count {
            let value = input.loadUnaligned(fromByteOffset: index &* MemoryLayout<Source>.size, as: Source.self)
            output.storeBytes(of: convert(value), toByteOffset: index &* MemoryLayout<Destination>.size, as: Destination.self)
        }
    }

    /// The bits of the bfloat16 nearest to a float's: its upper half, rounded by what is cut off.
    @inline(__always)
    private static func bf16(_ x: UInt32) -> UInt16 {
        let rounded = (x &+ 0x7FFF &+ ((x &>> 16) & 1)) &>> 16
        let quiet = (x &>> 16) | 0x40  // rounding might carry a NaN into infinity
        return UInt16(truncatingIfNeeded: x & 0x7FFF_FFFF > 0x7F80_0000 ? quiet : rounded)
    }

    /// The bits of the half nearest to a float's.
    @inline(__always)
    private static func f16(_ x: UInt32) -> UInt16 {
        let magnitude = x & 0x7FFF_FFFF
        // The exponent's bias goes from 127 to 15, and thirteen bits of the mantissa are rounded away.
        let normal = (magnitude &- (112 << 23) &+ 0xFFF &+ ((magnitude &>> 13) & 1)) &>> 13
        // One half has the spacing of the subnormal halves, 2^-24, so that adding it rounds to one of them.
        let subnormal = (Float(bitPattern: magnitude) + 0.5).bitPattern &- Float(0.5).bitPattern
        var result = magnitude < 0x3880_0000 ? subnormal : normal  // below 2^-14
        result = magnitude >= 0x477F_F000 ? 0x7C00 : result  // 65520 is the first that rounds to infinity
        result = magnitude > 0x7F80_0000 ? 0x7E00 | ((magnitude &>> 13) & 0x1FF) : result
        return UInt16(truncatingIfNeeded: result | ((x &>> 16) & 0x8000))
    }

    /// The bits of the float that equals a half.
    @inline(__always)
    private static func f32(_ x: UInt16) -> UInt32 {
        let magnitude = UInt32(x & 0x7FFF)
        let normal = (magnitude &<< 13) &+ (112 << 23)
        let subnormal = (Float(Int32(bitPattern: magnitude)) * 0x1p-24).bitPattern
        var result = magnitude < 0x400 ? subnormal : normal
        result = magnitude >= 0x7C00 ? normal &+ (112 << 23) : result
        result = magnitude > 0x7C00 ? result | 0x0040_0000 : result  // a NaN is made quiet
        return result | (UInt32(x & 0x8000) &<< 16)
    }
}

import ArgonneWeights
import PJRT
import TestSupport
import Testing

struct FloatConversionTests {
    private func convert<Source: HostScalar, Destination: HostScalar>(_ source: [Source], to zero: Destination) -> [Destination] {
        var result = [Destination](repeating: zero, count: source.count)
        source.withUnsafeBytes { input in
            result.withUnsafeMutableBytes { FloatConversion.convert(input, from: Source.elementType, to: $0, as: Destination.elementType) }
        }
        return result
    }

    /// Every bit pattern of a half, against the hardware's conversion.
    @Test func everyHalfBecomesTheSameFloat() {
        let halves = (0...UInt16.max).map { Float16(bitPattern: $0) }
        let floats = convert(halves, to: Float(0))
        for (half, float) in zip(halves, floats) {
            #expect(half.isNaN ? float.isNaN : float.bitPattern == Float(half).bitPattern)
        }
    }

    /// Floats around every rounding boundary of each half and bfloat16, and random bit patterns.
    private var floats: [Float] {
        var random = SplitMix64(seed: 11)
        var patterns: [UInt32] = [
            0, 1, 0x7F7F_FFFF, 0x7F80_0000, 0x7F80_0001, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x477F_EFFF, 0x477F_F000, 0x3300_0000,
        ]
        for half in stride(from: UInt16(0), through: 0x7C00, by: 1) {
            let exact = Float(Float16(bitPattern: half)).bitPattern
            let halfway = (exact + Float(Float16(bitPattern: min(half + 1, 0x7C00))).bitPattern) / 2
            for base in [exact, halfway] { patterns += [base, base &+ 1, base &- 1, base | 0x8000_0000] }
        }
        for upper in UInt32(0)...0x7F80 { patterns += [upper << 16 | 0x7FFF, upper << 16 | 0x8000, upper << 16 | 0x8001] }
        for _ in 0..<100_000 { patterns.append(UInt32(truncatingIfNeeded: random.next())) }
        return patterns.map { Float(bitPattern: $0) }
    }

    @Test func floatsRoundToTheNearestHalf() {
        let floats = floats
        for (float, half) in zip(floats, convert(floats, to: Float16(0))) {
            #expect(float.isNaN ? half.isNaN : half.bitPattern == Float16(float).bitPattern, "\(float.bitPattern)")
        }
    }

    @Test func floatsRoundToTheNearestBFloat16() {
        let floats = floats
        for (float, result) in zip(floats, convert(floats, to: BFloat16(0))) {
            #expect(result == BFloat16(float))
        }
        let exact = (0...UInt16.max).map { BFloat16(bits: $0) }
        #expect(convert(exact, to: Float(0)).map(\.bitPattern) == exact.map(\.float.bitPattern))
    }

    @Test func halvesAndBFloat16sConvertDirectly() {
        let wide = (0...UInt16.max).map { BFloat16(bits: $0) }.filter { !$0.float.isNaN }
        #expect(convert(wide, to: Float16(0)) == wide.map { Float16($0.float) })
        let halves = (0...UInt16.max).map { Float16(bitPattern: $0) }.filter { !$0.isNaN }
        #expect(convert(halves, to: BFloat16(0)) == halves.map { BFloat16(Float($0)) })
    }

    @Test func equalTypesAreCopied() {
        #expect(convert([1, -2, 3] as [Int32], to: Int32(0)) == [1, -2, 3])
        #expect(!FloatConversion.isAvailable(from: .i32, to: .f32))
        #expect(!FloatConversion.isAvailable(from: .f64, to: .f32))
    }

    @Test func neitherArrayNeedsAlignment() {
        let source = [UInt8](repeating: 0, count: 1) + [Float(1.5), -2].flatMap { withUnsafeBytes(of: $0) { Array($0) } }
        var result = [UInt8](repeating: 0, count: 5)
        source.withUnsafeBytes { input in
            result.withUnsafeMutableBytes { output in
                FloatConversion.convert(
                    UnsafeRawBufferPointer(rebasing: input[1...]), from: .f32,
                    to: UnsafeMutableRawBufferPointer(rebasing: output[1...]), as: .bf16)
            }
        }
        #expect(result == [0, 0xC0, 0x3F, 0x00, 0xC0])
    }
}

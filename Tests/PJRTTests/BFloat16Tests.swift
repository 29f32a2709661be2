import PJRT
import Testing

@Suite struct BFloat16Tests {
    @Test func everyPatternSurvivesTheWayThroughFloat() {
        for bits in UInt16.min...UInt16.max {
            let value = BFloat16(bits: bits)
            if value.float.isNaN {
                #expect(BFloat16(value.float).float.isNaN)
            } else {
                #expect(BFloat16(value.float) == value)
            }
        }
    }

    @Test(
        arguments: [
            (0x3F80_8000, 0x3F80),  // halfway, the even neighbour is below
            (0x3F81_8000, 0x3F82),  // halfway, the even neighbour is above
            (0x3F80_7FFF, 0x3F80),
            (0x3F80_8001, 0x3F81),
            (0xBF81_8000, 0xBF82),
            (0x7F7F_FFFF, 0x7F80),  // the largest Float rounds to infinity
            (0x7F7F_7FFF, 0x7F7F),
            (0x7F80_0000, 0x7F80),
            (0x0000_0001, 0x0000),  // the smallest subnormal
            (0x8000_0000, 0x8000),  // minus zero
        ] as [(UInt32, UInt16)])
    func roundsToNearestEven(pattern: UInt32, expected: UInt16) {
        #expect(BFloat16(Float(bitPattern: pattern)).bits == expected)
    }

    // A NaN whose payload lies in the lower half would become infinity if it were cut or rounded.
    @Test(arguments: [0x7F80_0001, 0x7FFF_FFFF, 0xFF80_0001, 0xFFFF_FFFF] as [UInt32])
    func nanStaysNaN(pattern: UInt32) {
        #expect(BFloat16(Float(bitPattern: pattern)).float.isNaN)
    }

    @Test func roundingPicksTheNearerNeighbour() {
        var pattern: UInt32 = 1
        for _ in 0..<10_000 {
            pattern = pattern &* 1_664_525 &+ 1_013_904_223
            let value = Float(bitPattern: pattern)
            guard value.isFinite, abs(value) < 0x1p127 else { continue }
            let cut = UInt16(value.bitPattern >> 16)
            let rounded = Double(BFloat16(value).float)
            for neighbour in [cut, cut &+ 1] {
                #expect(abs(rounded - Double(value)) <= abs(Double(BFloat16(bits: neighbour).float) - Double(value)))
            }
        }
    }
}

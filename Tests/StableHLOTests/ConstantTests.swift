import PJRT
import StableHLO
import TestSupport
import Testing

/// Constants arrive bit by bit.
@Suite struct ConstantTests {
    static let numbers: [Double] = [
        0, -0.0, 1, -1, 0.1, 1e-6, 1e16, 1.0 / 3, 65504, 3.0e38, .pi, 1e-45, 2.2250738585072014e-308, 1.00390625, 1.01171875, 1e-30,
        -1e30,
        Double(Float.greatestFiniteMagnitude), Double(Float.leastNonzeroMagnitude), Double(Float.leastNormalMagnitude),
        .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity, .nan,
        // Halfway between two bfloat16s but for a bit that float32 does not hold.
        1.00390625 + 0x1p-40,
    ]

    /// Both ways to write a number: alone, and among others.
    static func constants(_ graph: Graph, _ numbers: [Double], _ element: ElementType) -> [Value] {
        [
            graph.constant(numbers, element, shape: [numbers.count]),
            concatenate(numbers.map { graph.constant($0, element, shape: [1]) }, along: 0),
        ]
    }

    @Test func floatingPoint() throws {
        let y = try Evaluator.run { graph, _ in
            [.f64, .f32, .f16, .bf16].flatMap { Self.constants(graph, Self.numbers, $0) }
        }
        for (index, number) in Self.numbers.enumerated() {
            for copy in [0, 1] {
                #expect(Self.isSame(y[copy].values(as: Double.self)[index], number), "f64 \(number)")
                #expect(Self.isSame(y[2 + copy].values(as: Float.self)[index], Float(number)), "f32 \(number)")
                #expect(Self.isSame(y[4 + copy].values(as: Float16.self)[index], Float16(number)), "f16 \(number)")
                #expect(Self.isSame(y[6 + copy].values(as: BFloat16.self)[index].float, Self.bfloat16(number)), "bf16 \(number)")
            }
        }
    }

    /// The nearest bfloat16: eight significant bits, rounded once.
    static func bfloat16(_ number: Double) -> Float {
        guard number.isFinite, number != 0 else { return Float(number) }
        let unit = Double(sign: .plus, exponent: Swift.max(number.exponent, -126) - 7, significand: 1)
        let rounded = (number / unit).rounded(.toNearestOrEven) * unit
        return rounded == 0 ? Float(sign: number.sign, exponent: 0, significand: 0) : Float(rounded)
    }

    static func isSame<F: BinaryFloatingPoint>(_ a: F, _ b: F) -> Bool { (a.isNaN && b.isNaN) || (a == b && a.sign == b.sign) }

    @Test func integers() throws {
        let y = try Evaluator.run { graph, _ in
            Self.constants(graph, [-128, 127], .i8) + Self.constants(graph, [0, 255], .u8) + Self.constants(graph, [-32768, 32767], .i16)
                + Self.constants(graph, [0, 65535], .u16) + Self.constants(graph, [-0x1p31, 0x1p31 - 1], .i32)
                + Self.constants(graph, [0, 0x1p32 - 1], .u32) + Self.constants(graph, [-0x1p63, 0x1p53], .i64)
                + Self.constants(graph, [0, 0x1p63], .u64) + Self.constants(graph, [0, 1], .bool)
        }
        for copy in [0, 1] {
            #expect(y[copy] == HostTensor([Int8.min, .max]))
            #expect(y[2 + copy] == HostTensor([UInt8.min, .max]))
            #expect(y[4 + copy] == HostTensor([Int16.min, .max]))
            #expect(y[6 + copy] == HostTensor([UInt16.min, .max]))
            #expect(y[8 + copy] == HostTensor([Int32.min, .max]))
            #expect(y[10 + copy] == HostTensor([UInt32.min, .max]))
            #expect(y[12 + copy] == HostTensor([Int64.min, 1 << 53]))
            #expect(y[14 + copy] == HostTensor([0, UInt64(1) << 63]))
            #expect(y[16 + copy] == HostTensor([false, true]))
        }
    }

    @Test func shapes() throws {
        let y = try Evaluator.run { graph, _ in
            [
                graph.constant([1, 2, 3, 4, 5, 6], .f32, shape: [2, 1, 3]), graph.constant([7], .i32, shape: []),
                graph.constant([], .f32, shape: [0]),
                graph.constant(2.5, .f64, shape: [2, 2]), graph.iota([2, 3]), graph.iota([2, 3], along: 1, .f32),
                graph.constant(1, .f32, shape: [0, 2]),
            ]
        }
        #expect(y[0] == HostTensor([Float(1), 2, 3, 4, 5, 6], [2, 1, 3]))
        #expect(y[1] == HostTensor(Int32(7)))
        #expect(y[2] == HostTensor([Float]()))
        #expect(y[3] == HostTensor([2.5, 2.5, 2.5, 2.5], [2, 2]))
        #expect(y[4] == HostTensor([Int32(0), 0, 0, 1, 1, 1], [2, 3]))
        #expect(y[5] == HostTensor([Float(0), 1, 2, 0, 1, 2], [2, 3]))
        #expect(y[6] == HostTensor([Float](), [0, 2]))
    }

    @Test(arguments: [(300.0, ElementType.u8), (0.5, .i32), (-1, .u32), (.infinity, .i64), (.nan, .i32), (2, .bool), (0x1p64, .u64)])
    func integersThatDoNotFitAreErrors(_ number: Double, _ element: ElementType) {
        for isDense in [false, true] {
            let graph = Graph()
            _ = isDense ? graph.constant([number], element, shape: [1]) : graph.constant(number, element)
            #expect(graph.failure?.message == "constant: \(number) is no \(element.mlirName)")
        }
    }

    @Test func bigConstantsAreNotWrittenOut() throws {
        // 400 MB if they were: XLA must see a scalar that is broadcast, and fold none of it.
        let program = try Evaluator.program([TensorType([1000], .f32)]) { graph, x in
            let zeros = graph.constant(0, .f32, shape: [100_000, 1000])
            let position = graph.iota([100_000, 1000], along: 0, .f32)
            return [(zeros + x[0] * position).sum()]
        }
        #expect(try program.executable.serialize().count < 1 << 20)
    }
}

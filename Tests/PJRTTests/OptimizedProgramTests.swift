import PJRT
import Testing

/// Programs from a plugin are read as bytes of another version's making: nothing in them may crash the reader.
@Suite struct OptimizedProgramTests {
    /// HloModuleProto {computations {instructions {opcode "add"} {opcode "custom-call", target "kernel"} {opcode "add"}},
    /// host_program_shape {parameters {F32 [2,300]} {S32 []}}, input_output_alias {entries {} }, buffer_donor {entries {1}}}.
    private let module: [UInt8] =
        [0x1A, 38]
        + [0x12, 5, 0x12, 3] + Array("add".utf8)
        + [0x12, 22, 0x12, 11] + Array("custom-call".utf8) + [0xE2, 0x01, 6] + Array("kernel".utf8)
        + [0x12, 5, 0x12, 3] + Array("add".utf8)
        + [0x22, 13, 0x0A, 7, 0x10, 11, 0x1A, 3, 0x02, 0xAC, 0x02, 0x0A, 2, 0x10, 4]
        + [0x42, 2, 0x0A, 0]
        + [0x92, 0x01, 4, 0x0A, 2, 0x08, 1]

    @Test func countsOperationsByOpcodeAndTarget() {
        #expect(OptimizedProgram(format: "hlo", bytes: module).operationCounts() == ["add": 2, "kernel": 1])
    }

    @Test func readsParametersAndDonation() {
        let program = OptimizedProgram(format: "hlo", bytes: module)
        #expect(program.parameters() == [BufferType(.f32, [2, 300]), BufferType(.i32, [])])
        #expect(program.donatedParameters() == [0, 1])
    }

    @Test func looksThroughTheConfiguration() {
        let wrapped: [UInt8] = [0x0A, UInt8(module.count)] + module + [0x12, 0]
        #expect(OptimizedProgram(format: "hlo_with_config", bytes: wrapped).parameters()?.count == 2)
    }

    @Test func anElementTypeThatIsNotOursLeavesParametersUnknown() {
        let complex: [UInt8] = [0x22, 4, 0x0A, 2, 0x10, 15]
        #expect(OptimizedProgram(format: "hlo", bytes: complex).parameters() == nil)
    }

    @Test func cutAndChangedBytesDoNotCrash() {
        for length in 0..<module.count { touch(Array(module.prefix(length))) }
        for index in module.indices {
            for value in [0x00, 0x7F, 0x80, 0xFF] as [UInt8] {
                var changed = module
                changed[index] = value
                touch(changed)
            }
        }
        touch([UInt8](repeating: 0xFF, count: 64))
    }

    private func touch(_ bytes: [UInt8]) {
        let program = OptimizedProgram(format: "hlo", bytes: bytes)
        _ = program.operationCounts()
        _ = program.parameters()
        _ = program.donatedParameters()
    }
}

/// The schedule of a program with one message that is started, a product, and the message's end.
@Suite struct MessageTests {
    private func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] { varint(number << 3 | 2) + varint(bytes.count) + bytes }
    private func field(_ number: Int, _ value: Int) -> [UInt8] { varint(number << 3) + varint(value) }
    private func varint(_ value: Int) -> [UInt8] { value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7) }

    private func instruction(_ id: Int, _ opcode: String, _ name: String, operands: [Int] = [], called: [Int] = []) -> [UInt8] {
        field(
            2,
            field(1, Array(name.utf8)) + field(2, Array(opcode.utf8)) + field(35, id) + operands.flatMap { field(36, $0) }
                + called.flatMap { field(38, $0) })
    }

    private func program(_ order: [Int]) -> OptimizedProgram {
        let inner = field(3, instruction(11, "all-reduce", "all-reduce.inner") + field(5, 7))
        let outer = field(
            3,
            instruction(1, "parameter", "p") + instruction(2, "async-start", "all-reduce-start", operands: [1], called: [7])
                + instruction(3, "fusion", "product", operands: [1]) + instruction(4, "async-done", "all-reduce-done", operands: [2])
                + instruction(5, "all-reduce", "alone", operands: [4]) + field(5, 8))
        let schedule = field(
            7, field(1, field(1, 7) + field(2, field(1, 11))) + field(1, field(1, 8) + field(2, field(1, order.flatMap(varint)))))
        return OptimizedProgram(format: "hlo", bytes: inner + outer + schedule)
    }

    @Test func whatRunsBesideAMessage() {
        let messages = program([1, 2, 3, 4, 5]).messages()
        #expect(messages.map(\.name) == ["all-reduce-start", "alone"])
        #expect(messages.map(\.isAsynchronous) == [true, false])
        #expect(messages.map(\.overlapped) == [["product"], []])
    }

    @Test func theScheduleDecidesNotTheOrderInTheFile() {
        #expect(program([1, 3, 2, 4, 5]).messages().map(\.overlapped) == [[], []])
    }

    @Test func noScheduleNoMessages() {
        #expect(OptimizedProgram(format: "hlo", bytes: [0x1A, 2, 0x28, 7]).messages().isEmpty)
    }
}

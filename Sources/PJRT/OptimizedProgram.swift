/// A program as XLA will run it: a serialized `xla.HloModuleProto`, with or without its configuration around it.
///
/// Field numbers are those of xla/service/hlo.proto and xla/xla_data.proto.
public struct OptimizedProgram: Sendable {
    /// The plugin's name of the format: "hlo" or "hlo_with_config". A program in any other tells nothing below.
    public let format: String
    /// The serialized program, for XLA's own tools.
    public let bytes: [UInt8]

    package init(format: String, bytes: [UInt8]) {
        self.format = format
        self.bytes = bytes
    }

    /// How often each operation occurs, by HLO opcode; a custom call counts under its target's name.
    public func operationCounts() -> [String: Int] {
        var counts: [String: Int] = [:]
        for computation in Self.messages(3, in: module) {
            for instruction in Self.messages(2, in: computation) {
                let opcode = Self.string(2, in: instruction) ?? "unknown"
                let name = opcode == "custom-call" ? Self.string(28, in: instruction) ?? opcode : opcode
                counts[name, default: 0] += 1
            }
        }
        return counts
    }

    /// The types of the program's arguments, or nil where one is of a type that ``ElementType`` lacks.
    package func parameters() -> [BufferType]? {
        guard let programShape = Self.messages(4, in: module).first else { return nil }
        var types: [BufferType] = []
        for shape in Self.messages(1, in: programShape) {
            guard let type = Self.type(shape) else { return nil }
            types.append(type)
        }
        return types
    }

    /// The arguments whose memory the program may take over.
    package func donatedParameters() -> Set<Int> {
        var donated: Set<Int> = []
        // HloInputOutputAliasProto: entries 1 {parameter_number 2}. HloBufferDonorProto: entries 1 {parameter_number 1}.
        for (field, parameterNumber) in [(8, 2), (18, 1)] {
            for entry in Self.messages(field, in: module).flatMap({ Self.messages(1, in: $0) }) {
                // The wire leaves out a zero.
                donated.insert(Self.int(parameterNumber, in: entry) ?? 0)
            }
        }
        return donated
    }

    /// An instruction of the program, as far as its schedule needs it.
    struct Instruction {
        let id: Int
        let name: String
        let opcode: String
        let operands: [Int]
        /// The computations that it runs.
        let called: [Int]
    }

    /// The computations with their instructions by number.
    func computations() -> [(id: Int, instructions: [Int: Instruction])] {
        Self.messages(3, in: module).map { computation in
            let instructions = Self.messages(2, in: computation).map { instruction in
                Instruction(
                    id: Self.int(35, in: instruction) ?? 0, name: Self.string(1, in: instruction) ?? "",
                    opcode: Self.string(2, in: instruction) ?? "", operands: Self.numbers(36, in: instruction),
                    called: Self.numbers(38, in: instruction))
            }
            return (Self.int(5, in: computation) ?? 0, Dictionary(instructions.map { ($0.id, $0) }) { first, _ in first })
        }
    }

    /// The numbers of each scheduled computation's instructions in their order, by the computation's number.
    func sequences() -> [Int: [Int]] {
        // HloScheduleProto: sequences 1, a map from a computation {key 1} to its instructions {value 2 {instruction_ids 1}}.
        let entries = Self.messages(7, in: module).flatMap { Self.messages(1, in: $0) }
        let pairs = entries.map { entry in (Self.int(1, in: entry) ?? 0, Self.messages(2, in: entry).flatMap { Self.numbers(1, in: $0) }) }
        return Dictionary(pairs) { first, _ in first }
    }

    private var module: ArraySlice<UInt8> {
        switch format {
        case "hlo": bytes[...]
        case "hlo_with_config": Self.messages(1, in: bytes[...]).first ?? []
        default: []
        }
    }

    private static func type(_ shape: ArraySlice<UInt8>) -> BufferType? {
        guard let elementType = int(2, in: shape).flatMap(ElementType.init(primitiveType:)) else { return nil }
        return BufferType(elementType, numbers(3, in: shape))
    }

    /// A repeated integer, packed or not.
    private static func numbers(_ number: Int, in message: ArraySlice<UInt8>) -> [Int] {
        var numbers: [Int] = []
        for (field, value) in ProtobufReader(message) where field == number {
            switch value {
            case .int(let one): numbers.append(one)
            case .bytes(let packed): numbers += ProtobufReader.packed(packed)
            case .fixed: break
            }
        }
        return numbers
    }

    private static func messages(_ number: Int, in message: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        ProtobufReader(message).compactMap { field, value in
            if field == number, case .bytes(let bytes) = value { bytes } else { nil }
        }
    }

    private static func string(_ number: Int, in message: ArraySlice<UInt8>) -> String? {
        messages(number, in: message).first.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func int(_ number: Int, in message: ArraySlice<UInt8>) -> Int? {
        for (field, value) in ProtobufReader(message) {
            if field == number, case .int(let int) = value { return int }
        }
        return nil
    }
}

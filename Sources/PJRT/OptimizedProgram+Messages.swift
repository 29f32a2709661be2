extension OptimizedProgram {
    /// A message between devices as the compiler scheduled it.
    public struct Message: Sendable, Hashable {
        /// The operation, as in "all-reduce".
        public let opcode: String
        /// Its name in the program.
        public let name: String
        /// What runs while it is under way, in the schedule's order: names of fusions, products and library calls.
        public let overlapped: [String]
        /// Whether it is split into a start and an end, between which other things can run.
        public let isAsynchronous: Bool
    }

    /// All messages, in the schedule's order within each computation; empty where the program carries no schedule.
    public func messages() -> [Message] {
        let (schedule, computations) = (sequences(), computations())
        // Some messages are started by a general operation, and named again in the computation that it runs.
        let started = Set(computations.flatMap { $0.instructions.values }.filter { $0.opcode == "async-start" }.flatMap(\.called))
        return computations.filter { !started.contains($0.id) }.flatMap { computation in
            Self.messages(of: (schedule[computation.id] ?? []).compactMap { computation.instructions[$0] })
        }
    }

    private static let collectives = ["all-reduce", "all-gather", "reduce-scatter", "collective-permute", "all-to-all"]
    /// What a device works on: all else is bookkeeping, or runs within one of these.
    private static let work: Set<String> = ["fusion", "custom-call", "dot", "while", "conditional", "copy", "sort", "scatter"]

    private static func messages(of instructions: [Instruction]) -> [Message] {
        var messages: [Message] = []
        for (position, instruction) in instructions.enumerated() {
            let kind = collectives.first {
                instruction.opcode.hasPrefix($0) || (instruction.opcode == "async-start" && instruction.name.contains($0))
            }
            guard let kind, !instruction.opcode.hasSuffix("-done") else { continue }
            let end = instructions[position...].firstIndex { $0.opcode.hasSuffix("-done") && $0.operands.contains(instruction.id) }
            let between = end.map { instructions[(position + 1)..<$0].filter { work.contains($0.opcode) }.map(\.name) }
            messages.append(Message(opcode: kind, name: instruction.name, overlapped: between ?? [], isAsynchronous: end != nil))
        }
        return messages
    }
}

import PJRT
import TestSupport
import Testing

@Suite struct ExecutableTests {
    private func floats(_ values: [Float], on device: Device) throws -> Buffer {
        try device.client.buffer(from: values, shape: [values.count], device: device)
    }

    @Test func runsAndDescribesItself() throws {
        let device = try TestClient.device
        let executable = try TestClient.shared.compile(Programs.sumAndProduct)
        #expect(executable.name.contains("sum_and_product"))
        #expect(executable.devices == [device])
        #expect(executable.outputs == [BufferType(.f32, [4]), BufferType(.f32, [4])])
        let execution = try executable.executeWithCompletions([[floats([1, 2, 3, 4], on: device), floats([5, 6, 7, 8], on: device)]])
        #expect(execution.completions.count == 1)
        try execution.completions[0].await()
        #expect(try execution.completions[0].isReady)
        #expect(try execution.outputs[0][0].copyToHost() == [6, 8, 10, 12] as [Float])
        #expect(try execution.outputs[0][1].copyToHost() == [5, 12, 21, 32] as [Float])
    }

    @Test(
        arguments: [
            ([[0, 1, 2, 3, 4, 5, 6, 7]], [36, 36, 36, 36, 36, 36, 36, 36]),
            ([[0, 2, 4, 6], [1, 3, 5, 7]], [16, 20, 16, 20, 16, 20, 16, 20]),
        ] as [([[Int]], [Float])])
    func allReduceOnEightDevices(groups: [[Int]], expected: [Float]) throws {
        let client = try TestClient.shared
        let executable = try client.compile(Programs.allReduce(groups: groups), options: CompileOptions(replicas: 8))
        #expect(executable.devices == client.devices)
        let arguments = try client.devices.map { [try floats([Float($0.id + 1), 0, 0, 0], on: $0)] }
        let results = try executable.execute(arguments)
        for (row, value) in zip(results, expected) {
            #expect(try row[0].copyToHost() == [value, 0, 0, 0] as [Float])
        }
        #expect(results.map { $0[0].device } == client.devices)
    }

    /// Replica i is the i-th device given, whatever its number.
    @Test func chosenDevicesInTheirOrder() throws {
        let client = try TestClient.shared
        let devices = [6, 1].map { client.devices[$0] }
        let executable = try client.compile(Programs.allReduce(groups: [[0, 1]]), options: CompileOptions(devices: devices))
        #expect(executable.devices == devices)
        let results = try executable.execute(devices.map { [try floats([Float($0.id), 1, 2, 3], on: $0)] })
        for row in results { #expect(try row[0].copyToHost() == [7, 2, 4, 6] as [Float]) }
    }

    @Test func xlasMessageForAProgramThatDoesNotParse() throws {
        let program = """
            func.func public @main() -> tensor<f32> {
              return %nothing : tensor<f32>
            }
            """
        let error = #expect(throws: PJRTError.self) { try TestClient.shared.compile(program) }
        #expect(error?.attempt == "compile a program")
        #expect(error?.message.contains("undeclared SSA value") == true)
        #expect(error?.message.contains("line 2 is:   return %nothing") == true)
    }

    @Test func wrongArgumentsAreRefusedAndNothingRuns() throws {
        let client = try TestClient.shared
        let device = try TestClient.device
        let executable = try client.compile(Programs.sumAndProduct)
        let good = try floats([1, 2, 3, 4], on: device)
        let cases: [(String, [[Buffer]])] = [
            ("takes 2", [[good]]),
            ("takes 2", [[good, good, good]]),
            ("1 devices", [[good, good], [good, good]]),
            ("1 devices", []),
            ("argument 1", [[good, try floats([1, 2, 3], on: device)]]),
            // Of the same size in bytes, which XLA alone would take.
            ("argument 1", [[good, try client.buffer(from: [1, 2, 3, 4] as [Int32], shape: [4], device: device)]]),
            ("argument 1", [[good, try client.buffer(from: [1, 2, 3, 4] as [Float], shape: [2, 2], device: device)]]),
            ("argument 1", [[good, try floats([1, 2, 3, 4], on: client.devices[3])]]),
        ]
        for (expected, arguments) in cases {
            let error = #expect(throws: PJRTError.self) { try executable.execute(arguments) }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains(expected) == true, "\(error?.description ?? "")")
        }
        #expect(try executable.execute([[good, good]])[0][0].copyToHost() == [2, 4, 6, 8] as [Float])
    }

    @Test func serializedAndLoadedAgainGivesTheSame() throws {
        let client = try TestClient.shared
        let device = try TestClient.device
        let executable = try client.compile(Programs.donatedStep(count: 16))
        let loaded = try client.deserialize(executable.serialize())
        #expect(loaded.outputs == executable.outputs)
        let state = try floats([Float](repeating: 1, count: 16), on: device)
        let delta = try client.buffer(from: [Float(0.5)], shape: [], device: device)
        #expect(try loaded.execute([[state, delta]])[0][1].copyToHost() == [Float(24)])
        #expect(state.isDeleted)
    }

    @Test func bytesThatAreNoExecutableAreRefused() throws {
        for bytes in [[], Array("nonsense".utf8), [UInt8](repeating: 0xFF, count: 1000)] {
            #expect(throws: PJRTError.self) { try TestClient.shared.deserialize(bytes) }
        }
    }

    @Test func fingerprintsTellProgramsApart() throws {
        let client = try TestClient.shared
        let one = try client.compile(Programs.matmul(4, 8, 4)).fingerprint()
        #expect(try client.compile(Programs.matmul(4, 8, 4)).fingerprint() == one)
        #expect(try client.compile(Programs.matmul(4, 8, 16)).fingerprint() != one)
        #expect(!one.isEmpty)
    }

    @Test func memoryAndCost() throws {
        let executable = try TestClient.shared.compile(Programs.matmul(32, 64, 16))
        let memory = try executable.memoryStats()
        #expect(memory.device.arguments == (32 * 64 + 64 * 16) * 4)
        #expect(memory.device.outputs >= 32 * 16 * 4)
        #expect(memory.device.aliased == 0)
        #expect(memory.device.total >= memory.device.arguments + memory.device.outputs)
        let flops = try #require(try executable.costAnalysis()["flops"]?.number)
        #expect(flops == Double(2 * 32 * 64 * 16))

        let donating = try TestClient.shared.compile(Programs.donatedStep(count: 1024)).memoryStats()
        #expect(donating.device.aliased >= 1024 * 4)
    }

    @Test func knowsItsArguments() throws {
        let client = try TestClient.shared
        let plain = try client.compile(Programs.sumAndProduct)
        #expect(plain.parameters == [BufferType(.f32, [4]), BufferType(.f32, [4])])
        #expect(plain.donatedParameters.isEmpty)
        let donating = try client.compile(Programs.donatedStep(count: 16))
        for executable in [donating, try client.deserialize(donating.serialize())] {
            #expect(executable.parameters == [BufferType(.f32, [16]), BufferType(.f32, [])])
            #expect(executable.donatedParameters == [0])
        }
    }

    @Test func theOptimizedProgramShowsItsOperations() throws {
        let options = CompileOptions(replicas: 8)
        let executable = try TestClient.shared.compile(Programs.allReduce(groups: [Array(0..<8)]), options: options)
        #expect(try executable.optimizedProgram().operationCounts()["all-reduce"] == 1)
    }

    @Test func theOptimizedProgramAsText() throws {
        let text = try TestClient.shared.compile(Programs.matmul(3, 5, 7)).optimizedText()
        #expect(text.contains("f32[3,7]"))
    }

    @Test func aFlagThatDoesNotExistIsNamed() throws {
        let error = #expect(throws: PJRTError.self) {
            try TestClient.shared.compile(Programs.iota, options: CompileOptions(flags: ["xla_no_such_flag": true]))
        }
        #expect(error?.message.contains("xla_no_such_flag") == true)
    }
}

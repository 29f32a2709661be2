import PJRT
import TestSupport
import Testing

@Suite struct DonationTests {
    private func step(_ client: Client, replicas: Int = 1) throws -> LoadedExecutable {
        try client.compile(Programs.donatedStep(count: 8), options: CompileOptions(replicas: replicas))
    }

    private func arguments(on device: Device) throws -> [Buffer] {
        [
            try device.client.buffer(from: [Float](repeating: 1, count: 8), shape: [8], device: device),
            try device.client.buffer(from: [Float(2)], shape: [], device: device),
        ]
    }

    @Test func aDonatedArgumentIsGone() throws {
        let executable = try step(TestClient.shared)
        let arguments = try arguments(on: TestClient.device)
        let results = try executable.execute([arguments])
        #expect(arguments.map(\.isDeleted) == [true, false])
        #expect(try results[0][1].copyToHost() == [Float(24)])
        #expect(try results[0][0].copyToHost() == [Float](repeating: 3, count: 8))

        let again = #expect(throws: PJRTError.self) { try executable.execute([arguments]) }
        #expect(again?.attempt.contains("argument 0") == true && again?.message.contains("donated") == true)
        let read = #expect(throws: PJRTError.self) { try arguments[0].copyToHost(as: Float.self) }
        #expect(read?.message.contains("donated") == true)
    }

    /// Of several devices only one lacks its argument: the others must not wait for it in vain.
    @Test func oneDeviceWithoutItsArgument() throws {
        let client = try TestClient.shared
        let executable = try step(client, replicas: 4)
        let all = try client.devices.prefix(4).map { try arguments(on: $0) }
        try all[2][0].delete()
        let error = #expect(throws: PJRTError.self) { try executable.execute(all) }
        #expect(error?.attempt.contains("argument 0") == true)
        #expect(all.map { $0[0].isDeleted } == [false, false, true, false])
    }

    @Test func oneBufferForADonatedAndAnotherArgument() throws {
        let program = """
            func.func public @main(%a: tensor<f32> {tf.aliasing_output = 0 : i32}, %b: tensor<f32>) -> tensor<f32> {
              %c = stablehlo.add %a, %b : tensor<f32>
              return %c : tensor<f32>
            }
            """
        let executable = try TestClient.shared.compile(program)
        let one = try TestClient.shared.buffer(from: [Float(1)], shape: [], device: TestClient.device)
        let error = #expect(throws: PJRTError.self) { try executable.execute([[one, one]]) }
        #expect(error?.message.contains("argument 1") == true)
        #expect(!one.isDeleted)
    }

    /// The last step's loss is read while the next steps run and its state is gone.
    @Test func aResultIsReadAfterLaterSteps() throws {
        let executable = try step(TestClient.shared)
        var state = try arguments(on: TestClient.device)
        var losses: [HostCopy<Float>] = []
        for _ in 0..<10 {
            let results = try executable.execute([state])[0]
            losses.append(try results[1].startCopyToHost())
            state[0] = results[0]
        }
        #expect(try losses.map { try $0.values()[0] } == (1...10).map { Float(8 * (1 + 2 * $0)) })
    }
}

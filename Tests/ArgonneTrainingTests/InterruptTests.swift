import ArgonneTraining
import Foundation
import Testing

/// Sends this process a signal, which comes a little later on whatever thread takes signals, and waits for what it does.
private func send(_ signal: Int32, until done: () -> Bool = { false }) {
    kill(getpid(), signal)
    for _ in 0..<5000 where !done() { usleep(1000) }
}

/// Signals belong to the process, so each test has one of its own.
struct InterruptTests {
    @Test func theFirstSignalAsksForAStop() async {
        await #expect(processExitsWith: .exitCode(7)) {
            Interrupt.catching {
                guard !Interrupt.isRequested else { exit(1) }
                send(SIGINT) { Interrupt.isRequested }
                guard Interrupt.isRequested else { exit(2) }
                var polls = 0
                send(SIGTERM) {  // at once, as launchers do: the same wish
                    polls += 1
                    return polls > 20
                }
            }
            exit(7)
        }
    }

    @Test func anotherSignalEndsTheProcess() async {
        await #expect(processExitsWith: .exitCode(128 + SIGTERM)) {
            Interrupt.catching(grace: 0) {
                send(SIGINT) { Interrupt.isRequested }
                guard Interrupt.isRequested else { exit(1) }
                send(SIGTERM)
            }
            exit(2)
        }
    }

    @Test func afterwardsSignalsActAsBefore() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            Interrupt.catching {
                send(SIGTERM) { Interrupt.isRequested }
                guard Interrupt.isRequested else { exit(1) }
            }
            send(SIGTERM)
        }
    }
}

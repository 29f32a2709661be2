import Glibc
import Synchronization

/// Catches Ctrl-C and SIGTERM while it exists, so that long work can end cleanly: the first asks for a stop, which the loop polls;
/// another one ends the process at once.
///
///     let interrupt = Interrupt()
///     while step < steps, !interrupt.isRequested { … }
///
/// Signals belong to the process, so one value at a time should exist.
public struct Interrupt: ~Copyable {
    private let previous: [(signal: Int32, handler: (@convention(c) (Int32) -> Void)?)]  // nil is the default action

    /// Whether a stop was asked for since the value was made.
    public var isRequested: Bool { firstRequest.load(ordering: .acquiring) != 0 }

    /// Catches the signals. Launchers tend to send more than one signal for one Ctrl-C; those within `grace` seconds of the first count
    /// as the same wish.
    public init(grace: Double = 1) {
        firstRequest.store(0, ordering: .releasing)
        graceNanoseconds.store(Int64(grace * 1e9), ordering: .releasing)
        previous = [SIGINT, SIGTERM].map { number in (number, signal(number) { interrupt(by: $0) }) }
    }

    deinit {
        for (number, handler) in previous { _ = signal(number, handler) }
    }
}

/// When the first signal came, by the monotonic clock in nanoseconds; 0 before.
private let firstRequest = Atomic<Int64>(0)
private let graceNanoseconds = Atomic<Int64>(0)

/// The handler. It may run in the middle of anything, so it calls only what POSIX allows there, and allocates nothing.
private func interrupt(by signal: Int32) {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let now = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    let (isFirst, first) = firstRequest.compareExchange(expected: 0, desired: now, ordering: .acquiringAndReleasing)
    if isFirst {
        let note: StaticString = "\nstopping after this step; once more to stop at once\n"
        write(STDERR_FILENO, note.utf8Start, note.utf8CodeUnitCount)
    } else if now &- first >= graceNanoseconds.load(ordering: .acquiring) {
        _exit(128 &+ signal)
    }
}

import Glibc
import Synchronization

/// Ctrl-C and SIGTERM as wishes, so that long work can end cleanly: the first signal asks for a stop, which the loop polls; another one
/// ends the process at once.
///
///     try Interrupt.catching {
///         while step < lastStep, !Interrupt.isRequested { … }
///         try saveCheckpoint()
///     }
public enum Interrupt {
    /// Whether a stop was asked for since the last `catching` began.
    public static var isRequested: Bool { firstRequest.load(ordering: .acquiring) != 0 }

    /// Runs `body` with the signals caught, and afterwards restores what they did before. Launchers tend to send more than one signal for
    /// one Ctrl-C; those within `grace` seconds of the first count as the same wish. Signals belong to the process: calls do not nest.
    ///
    /// - Parameter isAnnounced: whether the first signal tells the user that the work stops after the step under way.
    public static func catching<Result, Failure: Error>(
        grace: Double = 1, isAnnounced: Bool = true, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        firstRequest.store(0, ordering: .releasing)
        announces.store(isAnnounced, ordering: .releasing)
        graceNanoseconds.store(Int64(grace * 1e9), ordering: .releasing)
        let interruptHandler = signal(SIGINT) { interrupt(by: $0) }
        let terminateHandler = signal(SIGTERM) { interrupt(by: $0) }
        // A launcher may have started the process with these signals blocked.
        var (both, before) = (sigset_t(), sigset_t())
        sigemptyset(&both)
        sigaddset(&both, SIGINT)
        sigaddset(&both, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &both, &before)
        defer {
            pthread_sigmask(SIG_SETMASK, &before, nil)
            _ = signal(SIGINT, interruptHandler)
            _ = signal(SIGTERM, terminateHandler)
        }
        return try body()
    }
}

/// When the first signal came, by the monotonic clock in nanoseconds; 0 before.
private let firstRequest = Atomic<Int64>(0)
private let graceNanoseconds = Atomic<Int64>(0)
private let announces = Atomic<Bool>(true)

/// The handler. It may run in the middle of anything, so it calls only what POSIX allows there, and allocates nothing.
private func interrupt(by signal: Int32) {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let now = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    let (isFirst, first) = firstRequest.compareExchange(expected: 0, desired: now, ordering: .acquiringAndReleasing)
    if isFirst {
        guard announces.load(ordering: .acquiring) else { return }
        let note: StaticString = "\nstopping after this step; once more to stop at once\n"
        write(STDERR_FILENO, note.utf8Start, note.utf8CodeUnitCount)
    } else if now &- first >= graceNanoseconds.load(ordering: .acquiring) {
        _exit(128 &+ signal)
    }
}

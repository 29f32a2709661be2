import Synchronization

/// XLA's profiler records for one caller at a time, and all tests run in one process.
package enum ProfilerAccess {
    private static let lock = Mutex(())

    /// Runs `body` while no other test records.
    package static func exclusively<Result>(_ body: () throws -> Result) rethrows -> Result {
        try lock.withLock { _ in try body() }
    }
}

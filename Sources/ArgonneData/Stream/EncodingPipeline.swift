import Foundation

/// The threads between shards and batches: one a source that reads ahead, and workers that filter and tokenise. What comes out of a source
/// has the order of its reader, however many workers there are.
final class EncodingPipeline: @unchecked Sendable {
    /// A unit after its workers.
    struct EncodedUnit: Sendable {
        let unit: RowUnit
        let outcomes: [RowOutcome]
    }

    /// A unit's place in the order of its source, filled when a worker has done it.
    private final class Slot {
        let unit: RowUnit
        var outcomes: [RowOutcome]?
        init(_ unit: RowUnit) { self.unit = unit }
    }

    private enum Entry {
        case unit(Slot)
        case end
        case failure(DataError)
    }

    private let encoder: DocumentEncoder
    /// Each is touched by its own reading thread alone, until all threads have ended.
    private var readers: [UnitReader]
    /// Units that may wait for the consumer, a source.
    private let depth: Int

    // All of this is guarded by `condition`, which is signalled whenever any of it changes.
    private let condition = NSCondition()
    private var queues: [Deque<Entry>]
    private var jobs = Deque<Slot>()
    private var isStopped = false
    private var runningThreads = 0

    /// Starts the threads. Workers may be 0 where all shards are of tokens.
    init(readers: [UnitReader], encoder: DocumentEncoder, workers: Int) {
        self.readers = readers
        self.encoder = encoder
        depth = max(4, 3 * workers)
        queues = readers.map { _ in Deque() }
        for source in readers.indices { start("argonne-read-\(source)") { $0.read(source) } }
        for worker in 0..<workers { start("argonne-encode-\(worker)") { $0.work() } }
    }

    /// The source's next unit; waits for it. Nil at the end of the source.
    func next(source: Int) throws(DataError) -> EncodedUnit? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if isStopped { throw .stopped }
            switch queues[source].first {
            case .unit(let slot):
                guard let outcomes = slot.outcomes else { break }
                queues[source].popFirst()
                condition.broadcast()
                return EncodedUnit(unit: slot.unit, outcomes: outcomes)
            // The end and an error stay where they are, for whoever asks again.
            case .end: return nil
            case .failure(let error): throw error
            case nil: break
            }
            condition.wait()
        }
    }

    /// Ends the threads, waits until they have, and closes the shards.
    func stop() {
        condition.lock()
        defer { condition.unlock() }
        isStopped = true
        condition.broadcast()
        while runningThreads > 0 { condition.wait() }
        // Here rather than where the last reference goes, which may be a thread that ends while the process does: Arrow must not be used once
        // its static objects are gone.
        readers = []
        jobs = Deque()
        queues = queues.map { _ in Deque() }
    }

    private func start(_ name: String, _ body: @escaping @Sendable (EncodingPipeline) -> Void) {
        runningThreads += 1
        let thread = Thread { [self] in
            body(self)
            condition.lock()
            runningThreads -= 1
            condition.broadcast()
            condition.unlock()
        }
        thread.name = name
        thread.start()
    }

    private func read(_ source: Int) {
        while true {
            condition.lock()
            while queues[source].count >= depth, !isStopped { condition.wait() }
            let goesOn = !isStopped
            condition.unlock()
            guard goesOn else { return }

            var job: Slot?
            let entry: Entry
            do throws(DataError) {
                if let unit = try readers[source].next() {
                    let slot = Slot(unit)
                    if unit.rows.contains(where: \.isText) {
                        job = slot
                    } else {
                        // Prepared tokens are only looked up; another thread would cost more than it does.
                        slot.outcomes = encoder.encode(unit.rows)
                    }
                    entry = .unit(slot)
                } else {
                    entry = .end
                }
            } catch {
                entry = .failure(error)
            }

            condition.lock()
            queues[source].append(entry)
            if let job { jobs.append(job) }
            condition.broadcast()
            condition.unlock()
            guard case .unit = entry else { return }
        }
    }

    private func work() {
        while true {
            condition.lock()
            while jobs.isEmpty, !isStopped { condition.wait() }
            let job = isStopped ? nil : jobs.popFirst()
            condition.unlock()
            guard let job else { return }

            let outcomes = encoder.encode(job.unit.rows)

            condition.lock()
            job.outcomes = outcomes
            condition.broadcast()
            condition.unlock()
        }
    }
}

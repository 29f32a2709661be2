import ArgonneInference
import Foundation

/// Continuous batching: a queue of texts to be written and a thread that writes them, as many at a time as the batch has rows. Between two
/// steps at most one prompt is read, so texts under way are not kept waiting for long; a row is free for the next text as soon as its own ends
/// or its client leaves.
///
/// `condition` guards all that changes, except for the batch and `running`, which belong to the thread.
final class Scheduler: @unchecked Sendable {
    /// One of the texts that a request asks for.
    private struct Job {
        let reply: CompletionReply
        let choice: Int
    }

    /// How much there is to do.
    struct Load: Sendable {
        var waiting = 0
        var running = 0
        let rows: Int
    }

    private enum Phase {
        case open
        /// Goes on with the texts that have a row, until the deadline.
        case closing(deadline: ContinuousClock.Instant)
        case closed
    }

    private let condition = NSCondition()
    private let queueLimit: Int
    private var waiting: [Job] = []
    private var phase = Phase.open
    private var currentLoad: Load
    private var brokenBy: (any Error)?

    private let batch: ContinuousBatch
    private var running: [Int: Job] = [:]

    /// Begins to work on what will be submitted.
    init(_ batch: ContinuousBatch, queueLimit: Int) {
        self.batch = batch
        self.queueLimit = queueLimit
        currentLoad = Load(rows: batch.rowCount)
        let thread = Thread { [self] in work() }
        thread.name = "scheduler"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// How much there is to do.
    var load: Load { condition.withLock { currentLoad } }
    /// Whether texts are taken.
    var isOpen: Bool { condition.withLock { if case .open = phase { true } else { false } } }
    /// What ended the work, where it did not end because it was told to.
    var failure: (any Error)? { condition.withLock { brokenBy } }

    /// Puts a request's texts into the queue: all of them or none.
    ///
    /// - Throws: `APIError` where they do not fit, or nothing more is taken.
    func submit(_ reply: CompletionReply) throws(APIError) {
        condition.lock()
        defer { condition.unlock() }
        guard case .open = phase else { throw .stopping }
        guard waiting.count + reply.request.choiceCount <= queueLimit else { throw .queueFull }
        waiting += (0..<reply.request.choiceCount).map { Job(reply: reply, choice: $0) }
        currentLoad.waiting = waiting.count
        condition.broadcast()
    }

    /// Refuses what waits, gives the texts under way so many seconds, and returns when there are none any more.
    func stop(grace: Double) {
        condition.lock()
        defer { condition.unlock() }
        if case .open = phase { phase = .closing(deadline: .now + .seconds(grace)) }
        condition.broadcast()
        while true {
            if case .closed = phase { return }
            condition.wait()
        }
    }

    // MARK: - The thread

    private func work() {
        while let job = next() {
            do {
                if let job { try start(job) }
                for piece in try batch.step() { deliver(piece) }
            } catch {
                recover(from: error)
            }
        }
        for job in running.values { job.reply.fail(.stopping) }
        running = [:]
        condition.withLock {
            phase = .closed
            currentLoad.running = 0
            condition.broadcast()
        }
    }

    /// Waits until there is something to do. Gives the text to begin with, or nil where only those under way go on; nil at all for the end.
    private func next() -> Job?? {
        for (row, job) in running where job.reply.isAbandoned {
            batch.remove(row)
            running[row] = nil
        }
        condition.lock()
        defer { condition.unlock() }
        while true {
            waiting.removeAll { $0.reply.isAbandoned }
            var isOver = brokenBy != nil
            if case .closing(let deadline) = phase {
                for job in waiting { job.reply.fail(.stopping) }
                waiting = []
                isOver = isOver || running.isEmpty || .now >= deadline
            }
            let job = !isOver && batch.freeRow != nil && !waiting.isEmpty ? waiting.removeFirst() : nil
            currentLoad.waiting = waiting.count
            currentLoad.running = running.count + (job == nil ? 0 : 1)
            if isOver { return nil }
            if job != nil || !running.isEmpty { return .some(job) }
            condition.wait()
        }
    }

    private func start(_ job: Job) throws {
        guard let row = batch.freeRow else { return }
        running[row] = job
        let (prompt, options) = job.reply.request.choice(job.choice)
        if let piece = try batch.start(prompt, options, row: row) { deliver(piece) }
    }

    private func deliver(_ piece: ContinuousBatch.Piece) {
        guard let job = running[piece.row] else { return }
        if piece.end != nil { running[piece.row] = nil }
        job.reply.receive(piece, choice: job.choice)
    }

    /// Tells the clients of all texts under way, and goes on with those that wait if the device still can.
    private func recover(from error: any Error) {
        for job in running.values { job.reply.fail(.failure(error)) }
        running = [:]
        do {
            try batch.clear()
        } catch {
            condition.withLock {
                brokenBy = error
                for job in waiting { job.reply.fail(.failure(error)) }
                waiting = []
                phase = .closing(deadline: .now)
            }
        }
    }
}

import Foundation

/// What the threads of a preparation share.
final class PreparationRun: @unchecked Sendable {
    private let sizes: [Int]
    private let report: @Sendable (CorpusPreparation.Progress) -> Void

    // All of this is guarded by `condition`.
    private let condition = NSCondition()
    private var progress = CorpusPreparation.Progress()
    private var next = 0
    private var runningThreads = 0
    private var brokenInARow: [String] = []
    private var failure: DataError?

    init(shards: [Shard], report: @escaping @Sendable (CorpusPreparation.Progress) -> Void) {
        sizes = shards.map { max(Shard.fileSize($0.path), 0) }
        self.report = report
        progress.shards = shards.count
        progress.bytes = sizes.reduce(0, +)
    }

    /// The next shard to prepare; nil where there is none, or where the run has failed.
    func nextShard() -> Int? {
        locked {
            guard failure == nil, next < sizes.count else { return nil }
            defer { next += 1 }
            return next
        }
    }

    func add(_ counts: DocumentCounts) {
        locked {
            progress.counts += counts
            report(progress)
        }
    }

    func finish(shard: Int, found: Bool) {
        locked {
            progress.shardsDone += 1
            progress.shardsFound += found ? 1 : 0
            progress.bytesDone += sizes[shard]
            brokenInARow = []
            report(progress)
        }
    }

    /// Leaves a broken shard out, up to a number in a row; any other error ends the run.
    func fail(_ error: DataError, shard: Int) {
        locked {
            guard error.isAboutOneShard else {
                failure = failure ?? error
                return
            }
            progress.brokenShards.append("\(error)")
            progress.counts.brokenShards += 1
            progress.bytesDone += sizes[shard]
            brokenInARow.append("\(error)")
            if brokenInARow.count == UnitReader.brokenShardLimit { failure = failure ?? .brokenShards(brokenInARow) }
            report(progress)
        }
    }

    /// Starts the threads and waits until each has called `threadHasEnded`.
    func wait(for threads: [Thread]) {
        locked {
            runningThreads = threads.count
            for thread in threads { thread.start() }
            while runningThreads > 0 { condition.wait() }
        }
    }

    func threadHasEnded() {
        locked {
            runningThreads -= 1
            condition.broadcast()
        }
    }

    func result() throws(DataError) -> CorpusPreparation.Progress {
        condition.lock()
        defer { condition.unlock() }
        if let failure { throw failure }
        if progress.shardsDone == 0 { throw .brokenShards(progress.brokenShards) }
        return progress
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}

/// Joins the tokens of one piece of text, the merge of the lowest rank first, of equals the leftmost.
///
/// Owned by one encoder; its memory is used again for every piece.
struct BytePairMerger: ~Copyable {
    private let merges: MergeTable
    private var symbols: UnsafeMutablePointer<Int32>
    /// Step `i` is that of symbols `i` and its right neighbour.
    private var steps: UnsafeMutablePointer<MergeTable.Step>
    private var capacity: Int
    private var next: [Int32] = []
    private var previous: [Int32] = []
    private var queue = MergeQueue()
    /// Pairs looked up and queue entries moved so far: what a piece costs, in a unit that does not depend on the machine.
    private(set) var work = 0

    /// Up to here, a scan for the least step is faster than a queue.
    private static let scanned = 48

    init(_ merges: MergeTable) {
        self.merges = merges
        capacity = 256
        symbols = .allocate(capacity: capacity)
        steps = .allocate(capacity: capacity)
    }

    deinit {
        symbols.deallocate()
        steps.deallocate()
    }

    /// Room for the symbols of a piece of `count` bytes, to be written before `merge` is called.
    mutating func room(for count: Int) -> UnsafeMutablePointer<Int32> {
        if count > capacity {
            capacity = max(count, 2 * capacity)
            symbols.deallocate()
            steps.deallocate()
            symbols = .allocate(capacity: capacity)
            steps = .allocate(capacity: capacity)
        }
        return symbols
    }

    /// Merges the first `count` symbols in place; returns how many are left.
    @inline(__always)
    mutating func merge(_ count: Int) -> Int {
        count <= Self.scanned ? mergeByScan(count) : mergeByQueue(count)
    }

    private mutating func mergeByScan(_ total: Int) -> Int {
        var count = total
        guard count > 1 else { return count }
        for index in 0..<count - 1 { steps[index] = merges.step(symbols[index], symbols[index + 1]) }
        work += count
        while count > 1 {
            var least = MergeTable.none
            var best = 0
            for index in 0..<count - 1 where steps[index] < least {
                least = steps[index]
                best = index
            }
            if least == MergeTable.none { break }
            symbols[best] = Int32(truncatingIfNeeded: least)
            // The symbol after `best` goes, and the step to it with it. The few that follow move up by hand: a call would cost more.
            count -= 1
            var index = best + 1
            while index < count {
                symbols[index] = symbols[index + 1]
                steps[index] = steps[index + 1]
                index += 1
            }
            if best + 1 < count { steps[best] = merges.step(symbols[best], symbols[best + 1]) }
            if best > 0 { steps[best - 1] = merges.step(symbols[best - 1], symbols[best]) }
            work += 2
        }
        return count
    }

    /// The same in O(n log n): symbols are a linked list, and steps wait in a queue until they are done or found to be out of date.
    private mutating func mergeByQueue(_ count: Int) -> Int {
        next.removeAll(keepingCapacity: true)
        previous.removeAll(keepingCapacity: true)
        queue.removeAll()
        for index in 0..<count {
            next.append(Int32(index + 1))
            previous.append(Int32(index - 1))
            steps[index] = index + 1 < count ? merges.step(symbols[index], symbols[index + 1]) : MergeTable.none
            if steps[index] != MergeTable.none { queue.append(rank: steps[index] >> 32, position: index) }
        }
        queue.order()
        while let (rank, position) = queue.popFirst() {
            guard steps[position] != MergeTable.none, steps[position] >> 32 == rank else { continue }
            symbols[position] = Int32(truncatingIfNeeded: steps[position])
            let gone = Int(next[position])
            let right = Int(next[gone])
            steps[gone] = MergeTable.none
            next[position] = Int32(right)
            if right < count { previous[right] = Int32(position) }
            refresh(position, right, count)
            let left = Int(previous[position])
            if left >= 0 { refresh(left, position, count) }
        }
        work += 4 * count + queue.moves
        var written = 0
        var position = 0
        while position < count {
            symbols[written] = symbols[position]
            written += 1
            position = Int(next[position])
        }
        return written
    }

    private mutating func refresh(_ left: Int, _ right: Int, _ count: Int) {
        steps[left] = right < count ? merges.step(symbols[left], symbols[right]) : MergeTable.none
        if steps[left] != MergeTable.none { queue.push(rank: steps[left] >> 32, position: left) }
    }
}

/// A binary heap of merges that wait, by rank and then by position.
struct MergeQueue {
    private var heap: [UInt64] = []
    /// Entries moved since the queue was emptied.
    private(set) var moves = 0

    mutating func removeAll() {
        heap.removeAll(keepingCapacity: true)
        moves = 0
    }

    /// Adds an entry without ordering the heap; `order` must follow.
    mutating func append(rank: UInt64, position: Int) { heap.append(rank << 32 | UInt64(position)) }

    mutating func order() {
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    mutating func push(rank: UInt64, position: Int) {
        let entry = rank << 32 | UInt64(position)
        heap.append(entry)
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard entry < heap[parent] else { break }
            heap[index] = heap[parent]
            index = parent
            moves += 1
        }
        heap[index] = entry
    }

    mutating func popFirst() -> (rank: UInt64, position: Int)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return (first >> 32, Int(first & 0xFFFF_FFFF))
    }

    private mutating func siftDown(_ start: Int) {
        let entry = heap[start]
        var index = start
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < entry else { break }
            heap[index] = heap[child]
            index = child
            moves += 1
        }
        heap[index] = entry
    }
}

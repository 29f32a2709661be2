extension Scan {
    /// The loop backward: it carries the cotangents of the carried and the sums of those of the captured values, and walks over what the
    /// forward loop kept.
    func pullback(_ c: Pullback) -> [Value?] {
        let isNumber = { (id: Graph.ValueID) in type(id).element.isFloatingPoint }
        let firstWalked = captured.count + carried.count
        // Every carried number hands its cotangent on, wanted or not: what it starts from may not matter, what it becomes does.
        let handedOn = carried.indices.filter { isNumber(carried[$0]) }
        let summed = captured.indices.filter { c.isNeeded[$0] && isNumber(captured[$0]) }
        let stacked = walked.indices.filter { c.isNeeded[firstWalked + $0] && isNumber(walked[$0]) }
        let targets = handedOn.map { carried[$0] } + summed.map { captured[$0] } + stacked.map { walked[$0] }

        let hasCotangent = body.outputs.indices.map { $0 < carried.count ? isNumber(carried[$0]) : c.cotangents[$0] != nil }
        let backward = BackwardBody(of: body, hasCotangent: hasCotangent, to: targets, recomputation)
        let kept = carried.filter(backward.read.contains) + backward.kept
        let walkedAgain = walked.indices.filter { backward.read.contains(walked[$0]) }

        // The forward loop stacks what is kept, as far as it does not do so anyway.
        let outputs = body.outputs + kept.filter { !body.outputs.dropFirst(carried.count).contains($0) }
        let results = c.extend(
            Scan(
                body: backward.forward(outputs: outputs), carried: carried, walked: walked, length: length, isReversed: isReversed,
                recomputation: recomputation))
        let stacks = kept.compactMap { id in outputs.lastIndex(of: id).map { results[$0] } }

        let start =
            handedOn.map { c.cotangents[$0] ?? c.graph.zeros(type(carried[$0])) } + summed.map { c.graph.zeros(type(captured[$0])) }
        let cotangentRows = backward.cotangents.dropFirst(carried.count).compactMap { $0 }
        let rows = stacks + walkedAgain.map { c.operands[firstWalked + $0] } + c.cotangents.dropFirst(carried.count).compactMap { $0 }
        let rowIDs = kept + walkedAgain.map { walked[$0] } + cotangentRows
        let loop = c.graph.scan(carry: start, over: rows, length: length, isReversed: !isReversed) { target, carry, rows in
            var known: [Graph.ValueID: Value] = [:]
            for (id, operand) in zip(captured, c.operands) where backward.read.contains(id) { known[id] = operand }
            for (id, row) in zip(rowIDs, rows) { known[id] = row }
            for (id, cotangent) in zip(handedOn.compactMap { backward.cotangents[$0] }, carry) { known[id] = cotangent }

            let found = backward.write(into: target, known: known)
            let full = zip(found, targets).map { $0 ?? target.zeros(type($1)) }
            let sums = summed.indices.map { index in
                let sum = carry[handedOn.count + index]
                return found[handedOn.count + index].map { sum + $0 } ?? sum
            }
            return (full.prefix(handedOn.count) + sums, Array(full.dropFirst(handedOn.count + summed.count)))
        }

        var cotangents: [Value?] = c.operands.map { _ in nil }
        for (index, value) in zip(handedOn.map { captured.count + $0 } + summed, loop.carried) { cotangents[index] = value }
        for (index, value) in zip(stacked, loop.stacked) { cotangents[firstWalked + index] = value }
        return cotangents
    }
}

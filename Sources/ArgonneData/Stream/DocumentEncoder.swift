import ArgonneTokenizer

/// What becomes of a row.
enum RowOutcome: Sendable {
    case document(TokenDocument)
    case dropped(DropRule)
    /// On the side of the held-out split that is not read.
    case otherSide
}

/// Filters and tokenises rows, the same way whichever thread does it.
struct DocumentEncoder: Sendable {
    let tokenizer: Tokenizer
    let filters: DocumentFilters
    let split: HeldOutSplit

    /// The outcomes of a unit's rows, in order.
    func encode(_ rows: [Row]) -> [RowOutcome] {
        var tokens: [Int32] = []
        // English text has about four bytes a token.
        tokens.reserveCapacity(rows.reduce(0) { $0 + $1.size } / 3)
        var kept: [(index: Int, range: Range<Int>, hash: UInt64)] = []
        var outcomes = [RowOutcome](repeating: .otherSide, count: rows.count)
        for (index, row) in rows.enumerated() {
            switch row.block {
            case .tokens(let shard, let documents):
                let document = documents.lowerBound + row.index
                let hash = shard.hash(of: document)
                if split.includes(hash) { outcomes[index] = .document(TokenDocument(storage: .mapped(shard, document), hash: hash)) }
            case .text(let batch):
                let text = batch.text(at: row.index)
                if let rule = filters.rule(against: text, score: batch.score(at: row.index)) {
                    outcomes[index] = .dropped(rule)
                    continue
                }
                let hash = HeldOutSplit.hash(text)
                guard split.includes(hash) else { continue }
                let start = tokens.count
                if let beginning = tokenizer.beginningOfDocument { tokens.append(beginning) }
                tokenizer.encode(utf8: text, into: &tokens)
                if let end = tokenizer.endOfDocument { tokens.append(end) }
                if tokens.count - start < filters.minimumTokens {
                    tokens.removeSubrange(start...)
                    outcomes[index] = .dropped(.fewTokens)
                } else {
                    kept.append((index, start..<tokens.count, hash))
                }
            }
        }
        for (index, range, hash) in kept {
            outcomes[index] = .document(TokenDocument(storage: .encoded(tokens, range), hash: hash))
        }
        return outcomes
    }
}

/// What encodes: the tables it shares with all encoders of its tokenizer, and the memory that only it may use.
final class Encoder {
    private let rules: EncodingRules
    private let text = TextBuffer()
    private var merger: BytePairMerger
    private let cache = PieceCache()
    private var rescanned = 0
    private var output: UnsafeMutablePointer<Int32>
    private var capacity = 1 << 12
    private var count = 0

    init(_ rules: EncodingRules) {
        self.rules = rules
        merger = BytePairMerger(rules.merges)
        output = .allocate(capacity: capacity)
    }

    deinit { output.deallocate() }

    /// How much was done so far beyond one step a byte: pairs looked up, queue entries moved, bytes looked at twice.
    var work: Int { merger.work + rescanned }

    /// Appends the ids of a text.
    func encode(_ source: UnsafeBufferPointer<UInt8>, allowSpecial: Bool, into ids: inout [Int32]) {
        count = 0
        if rules.original.isEmpty {
            encodeOriginal(source, allowSpecial)
        } else {
            rules.original.forEachPart(of: source, allowSpecial: allowSpecial) { part in
                if let id = part.id {
                    append(id)
                } else {
                    encodeOriginal(UnsafeBufferPointer(rebasing: source[part.range]), allowSpecial)
                }
            }
        }
        ids.append(contentsOf: UnsafeBufferPointer(start: output, count: count))
    }

    /// Encodes what stands between added tokens of the original text.
    private func encodeOriginal(_ source: UnsafeBufferPointer<UInt8>, _ allowSpecial: Bool) {
        guard !rules.keepsBytes else {
            reserve(source.count)
            for byte in source {
                output[count] = rules.byteIDs[Int(byte)]
                count += 1
            }
            return
        }
        text.load(source, composing: rules.composes)
        let start = text.start
        guard !rules.normalized.isEmpty else { return encodePrepared(start, start + text.count) }
        rules.normalized.forEachPart(of: UnsafeBufferPointer(start: start, count: text.count), allowSpecial: allowSpecial) { part in
            if let id = part.id {
                append(id)
            } else {
                encodePrepared(start + part.range.lowerBound, start + part.range.upperBound)
            }
        }
    }

    /// Encodes a stretch of the text buffer that no added token interrupts.
    private func encodePrepared(_ start: UnsafeMutablePointer<UInt8>, _ end: UnsafeMutablePointer<UInt8>) {
        guard start < end else { return }
        var position = UnsafePointer(start)
        if rules.addsPrefixSpace, start[0] != UInt8(ascii: " ") {
            // The byte before belongs to the buffer, or to an added token that has been read.
            start[-1] = UInt8(ascii: " ")
            position -= 1
        }
        let limit = UnsafePointer(end)
        let pretokenizer = rules.pretokenizer
        while position < limit {
            let next = pretokenizer.end(of: position, limit, rescanned: &rescanned)
            let length = next - position
            if length <= PieceCache.maximumBytes {
                encodeShort(position, length)
            } else {
                encodePiece(position, length)
            }
            position = next
        }
    }

    @inline(__always)
    private func encodeShort(_ piece: UnsafePointer<UInt8>, _ length: Int) {
        let key = PieceCache.Key(piece, count: length)
        let entry = cache.entry(for: key)
        reserve(PieceCache.maximumIDs)
        if entry.pointee.holds(key) {
            let ids = entry.pointee.ids
            UnsafeMutableRawPointer(output + count).storeBytes(of: ids, as: SIMD4<Int32>.self)
            // Most words are one token.
            count += ids[1] < 0 ? 1 : ids[2] < 0 ? 2 : ids[3] < 0 ? 3 : 4
            return
        }
        let before = count
        encodePiece(piece, length)
        let added = count - before
        guard added > 0, added <= PieceCache.maximumIDs else { return }
        var ids = SIMD4<Int32>(repeating: -1)
        for index in 0..<added { ids[index] = output[before + index] }
        entry.pointee = PieceCache.Entry(low: key.low, high: key.high, ids: ids)
    }

    @inline(never)
    private func encodePiece(_ piece: UnsafePointer<UInt8>, _ length: Int) {
        let bytes = UnsafeBufferPointer(start: piece, count: length)
        if rules.ignoresMerges, let id = rules.vocabulary.id(of: bytes) { return append(id) }
        let symbols = merger.room(for: length)
        var filled = 0
        for byte in bytes {
            let id = rules.byteIDs[Int(byte)]
            // A byte that the vocabulary lacks is left out, as Hugging Face does where no unknown token is named.
            guard id >= 0 else { continue }
            symbols[filled] = id
            filled += 1
        }
        let merged = merger.merge(filled)
        reserve(merged)
        (output + count).update(from: symbols, count: merged)
        count += merged
    }

    @inline(__always)
    private func append(_ id: Int32) {
        reserve(1)
        output[count] = id
        count += 1
    }

    @inline(__always)
    private func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    @inline(never)
    private func grow(_ more: Int) {
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
        larger.update(from: output, count: count)
        output.deallocate()
        output = larger
    }
}

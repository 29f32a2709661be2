/// Normalisation form C (UAX #15) of a short run of scalars, with the tables that Hugging Face tokenizers uses.
struct CanonicalComposition: Sendable {
    static let shared = CanonicalComposition()

    private var combiningClass: [UInt32: UInt8] = [:]
    private var composite: [UInt64: UInt32] = [:]
    private var decomposition: [UInt32: [UInt32]] = [:]

    private init() {
        for entry in UnicodeTables.combiningClasses { combiningClass[entry >> 8] = UInt8(entry & 0xFF) }
        let pairs = UnicodeTables.compositions
        for index in stride(from: 0, to: pairs.count, by: 3) {
            composite[UInt64(pairs[index]) << 32 | UInt64(pairs[index + 1])] = pairs[index + 2]
            decomposition[pairs[index + 2]] = [pairs[index], pairs[index + 1]]
        }
        let singles = UnicodeTables.decompositions
        var index = 0
        while index < singles.count {
            let length = Int(singles[index] >> 24)
            decomposition[singles[index] & 0xFF_FFFF] = Array(singles[index + 1...index + length])
            index += length + 1
        }
    }

    /// Replaces the scalars by their normal form. The first must not compose with anything that stood before it.
    func normalize(_ scalars: inout [UInt32]) {
        var decomposed: [UInt32] = []
        decomposed.reserveCapacity(scalars.count)
        for scalar in scalars { decompose(scalar, into: &decomposed) }
        reorder(&decomposed)
        compose(decomposed, into: &scalars)
    }

    private func decompose(_ scalar: UInt32, into output: inout [UInt32]) {
        if let parts = decomposition[scalar] {
            for part in parts { decompose(part, into: &output) }
        } else if scalar >= Hangul.syllables, scalar < Hangul.syllables + Hangul.count {
            let index = scalar - Hangul.syllables
            output.append(Hangul.leads + index / (Hangul.vowelCount * Hangul.tailCount))
            output.append(Hangul.vowels + index / Hangul.tailCount % Hangul.vowelCount)
            if index % Hangul.tailCount > 0 { output.append(Hangul.tails + index % Hangul.tailCount) }
        } else {
            output.append(scalar)
        }
    }

    /// Sorts every run of combining marks by class, marks of one class keeping their order.
    private func reorder(_ scalars: inout [UInt32]) {
        var start = 0
        while start < scalars.count {
            guard combiningClass[scalars[start]] != nil else {
                start += 1
                continue
            }
            // Class, then position, then the scalar itself: the position makes the sort stable.
            var run: [(key: UInt64, scalar: UInt32)] = []
            var end = start
            while end < scalars.count, let order = combiningClass[scalars[end]] {
                run.append((UInt64(order) << 32 | UInt64(end), scalars[end]))
                end += 1
            }
            if run.count > 1 {
                run.sort { $0.key < $1.key }
                for (offset, mark) in run.enumerated() { scalars[start + offset] = mark.scalar }
            }
            start = end
        }
    }

    private func compose(_ scalars: [UInt32], into output: inout [UInt32]) {
        output.removeAll(keepingCapacity: true)
        var starter: Int?
        var lastClass: UInt8 = 0
        for scalar in scalars {
            let order = combiningClass[scalar] ?? 0
            // A mark is blocked from its starter by one of the same or a higher class between them, and a starter by anything.
            if let starter, starter == output.count - 1 || (lastClass < order && lastClass > 0),
                let joined = joined(output[starter], scalar)
            {
                output[starter] = joined
                continue
            }
            if order == 0 { starter = output.count }
            lastClass = order
            output.append(scalar)
        }
    }

    private func joined(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if first >= Hangul.leads, first < Hangul.leads + Hangul.leadCount, second >= Hangul.vowels,
            second < Hangul.vowels + Hangul.vowelCount
        {
            return Hangul.syllables + ((first - Hangul.leads) * Hangul.vowelCount + second - Hangul.vowels) * Hangul.tailCount
        }
        if first >= Hangul.syllables, first < Hangul.syllables + Hangul.count, (first - Hangul.syllables) % Hangul.tailCount == 0,
            second > Hangul.tails, second < Hangul.tails + Hangul.tailCount
        {
            return first + second - Hangul.tails
        }
        return composite[UInt64(first) << 32 | UInt64(second)]
    }

    /// Hangul syllables compose by arithmetic (The Unicode Standard, section 3.12).
    private enum Hangul {
        static let syllables: UInt32 = 0xAC00
        static let leads: UInt32 = 0x1100
        static let vowels: UInt32 = 0x1161
        static let tails: UInt32 = 0x11A7
        static let leadCount: UInt32 = 19
        static let vowelCount: UInt32 = 21
        static let tailCount: UInt32 = 28
        static let count = leadCount * vowelCount * tailCount
    }
}

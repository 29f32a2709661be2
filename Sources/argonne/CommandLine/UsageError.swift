/// The tool was called in a way that it does not understand: one line on standard error, exit status 2.
package enum UsageError: Error, Equatable, CustomStringConvertible {
    case unknownCommand(String, near: String?)
    case unknownOption(String, command: String, near: String?)
    case missingValue(option: String, metavar: String)
    case missingOption(String, metavar: String)
    case missingArgument(String, command: String)
    case unexpectedArgument(String, command: String)
    /// `source` is the option or argument as the user knows it, `expected` completes "must …".
    case invalidValue(source: String, text: String, expected: String)
    case unknownKey(String, file: String, near: String?)
    case unusableConfiguration(file: String, reason: String)
    /// Options that are each fine but do not go together; the text says which and what to do.
    case conflict(String)

    package var description: String {
        switch self {
        case .unknownCommand(let name, let near):
            "unknown command '\(name)'\(Self.hint(near)); `argonne --help` lists the commands"
        case .unknownOption(let name, let command, let near):
            "unknown option '\(name)'\(Self.hint(near)); `argonne \(command) --help` lists the options"
        case .missingValue(let option, let metavar):
            "\(option) needs a value: \(option) \(metavar) (or \(option)=\(metavar) where the value starts with a dash)"
        case .missingOption(let option, let metavar):
            "\(option) \(metavar) is required"
        case .missingArgument(let name, let command):
            "\(name) is missing; `argonne \(command) --help` shows the usage"
        case .unexpectedArgument(let text, let command):
            "unexpected argument '\(text)'; `argonne \(command) --help` shows the usage"
        case .invalidValue(let source, let text, let expected):
            "\(source) is '\(text)' but must \(expected)"
        case .unknownKey(let key, let file, let near):
            "\(file): unknown key '\(key)'\(Self.hint(near))"
        case .unusableConfiguration(let file, let reason):
            "\(file): \(reason)"
        case .conflict(let text):
            text
        }
    }

    private static func hint(_ near: String?) -> String {
        near.map { " (did you mean '\($0)'?)" } ?? ""
    }
}

/// The candidate that `text` most likely was meant to be, if one is near: it begins with the text, or differs by few edits.
func nearest(to text: String, among candidates: [String]) -> String? {
    let target = Array(text)
    guard target.count > 1 else { return nil }
    let ranked = candidates.map { candidate in
        (candidate, candidate.hasPrefix(text) ? 0 : editDistance(target, Array(candidate)))
    }
    guard let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= max(1, min(3, target.count / 3)) else { return nil }
    return best.0
}

/// The Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, substitutions and swaps of neighbours.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}

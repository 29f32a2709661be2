/// What can go wrong between a file pattern and a batch.
public enum DataError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A pattern that no file matches.
    case noFiles(pattern: String)
    /// A `--data` argument that does not read as `[name=]pattern[:weight]`, or arguments that contradict each other.
    case badSource(argument: String, reason: String)
    /// A setting outside its range.
    case badConfiguration(String)
    /// A file whose ending names no format that can be read.
    case unknownFormat(path: String)
    /// A shard that cannot be opened, or not to its end.
    case unreadable(path: String, reason: String)
    /// Prepared tokens where text is wanted.
    case notText(path: String)
    /// A shard without the wanted column.
    case missingColumn(path: String, column: String, found: String)
    /// Several shards in a row could not be read.
    case brokenShards([String])
    /// A whole epoch gave no document, or documents but no window.
    case nothingToTrainOn(source: String, reason: String)
    /// The saved position was taken in another corpus.
    case otherCorpus(position: String, corpus: String)
    /// The document in which the saved position lies is no longer there.
    case lostPosition(path: String, row: Int)
    /// The tokenizer has no tokens for a document's boundaries.
    case noBoundaryTokens
    /// Prepared tokens of another tokenizer.
    case otherTokenizer(path: String, found: String, expected: String)
    /// Prepared tokens of documents that other filters than the run's have chosen.
    case otherFilters(path: String)
    /// A prepared shard in the output folder that was made with other settings.
    case otherPreparation(path: String, reason: String)
    /// A file that cannot be written.
    case unwritable(path: String, reason: String)
    /// The native library is missing or of another version.
    case nativeLibrary(String)
    /// The loader was stopped.
    case stopped

    /// One line naming the thing, what was found, what was expected and the way out.
    public var description: String {
        switch self {
        case .noFiles(let pattern): "no data file matches \(pattern): expected \(Shard.Format.endings), or a folder with such files"
        case .badSource(let argument, let reason): "--data \(argument): \(reason); expected a pattern, or name=pattern:weight"
        case .badConfiguration(let reason): reason
        case .unknownFormat(let path): "\(path): unknown kind of data file; expected \(Shard.Format.endings)"
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .notText(let path): "\(path) holds prepared tokens, not text; name the shards that it was made from"
        case .missingColumn(let path, let column, let found):
            "\(path): no column \"\(column)\"; it has \(found) (choose one with --text-column)"
        case .brokenShards(let reasons):
            (reasons.count > 1 ? "\(reasons.count) shards in a row cannot be read; the last: " : "") + (reasons.last ?? "no shard is left")
        case .nothingToTrainOn(let source, let reason): "source \"\(source)\": \(reason)"
        case .otherCorpus(let position, let corpus):
            "the saved position belongs to corpus \(position), this is \(corpus): the shards, filters, seed, shuffle window, held-out share,"
                + " weights or tokenizer have changed; resume with those of the run, or begin a new one"
        case .lostPosition(let path, let row):
            "\(path): the document that the run had begun (row \(row), or one of the window that begins there) is not there any more;"
                + " restore the shard, or begin a new run"
        case .noBoundaryTokens: "the tokenizer names neither a beginning- nor an end-of-document token, so documents cannot be told apart"
        case .otherTokenizer(let path, let found, let expected):
            "\(path): prepared with tokenizer \(found), but this run uses \(expected); prepare the data again or use that tokenizer"
        case .otherFilters(let path):
            "\(path): prepared with other filters than those asked for; leave the filters out, or prepare the data again with them"
        case .otherPreparation(let path, let reason): "\(path): \(reason); prepare into another folder, or delete this one"
        case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
        case .nativeLibrary(let reason): reason
        case .stopped: "the data loader has been stopped"
        }
    }

    /// Whether a run can go on without the shard that the error is about.
    package var isAboutOneShard: Bool {
        switch self {
        case .unreadable, .missingColumn: true
        default: false
        }
    }
}

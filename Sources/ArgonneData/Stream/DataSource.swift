/// A named set of shards and its share of the tokens.
public struct DataSource: Sendable, Equatable, Codable {
    /// Its name in positions, metrics and messages.
    public var name: String
    /// Files, folders and patterns (`Shard.list(matching:)`).
    public var patterns: [String]
    /// Its share of the tokens, relative to the other sources' weights.
    public var weight: Double

    /// A source.
    public init(name: String = "data", patterns: [String], weight: Double = 1) {
        self.name = name
        self.patterns = patterns
        self.weight = weight
    }

    /// The sources of `--data` arguments: either patterns, all of one source, or `name=pattern:weight` for each source of a mixture. A name
    /// that comes again adds a pattern; a weight that is left out is 1.
    public static func parse(_ arguments: [String]) throws(DataError) -> [DataSource] {
        var sources: [DataSource] = []
        for argument in arguments {
            var source = try DataSource(argument)
            guard let index = sources.firstIndex(where: { $0.name == source.name }) else {
                sources.append(source)
                continue
            }
            if source.weight == 1 { source.weight = sources[index].weight }
            guard sources[index].weight == 1 || sources[index].weight == source.weight else {
                throw .badSource(
                    argument: argument, reason: "the source \"\(source.name)\" has the weight \(sources[index].weight) already")
            }
            sources[index].patterns += source.patterns
            sources[index].weight = source.weight
        }
        if sources.count > 1, let unnamed = sources.first(where: { $0.name == "data" }) {
            throw .badSource(argument: unnamed.patterns[0], reason: "the sources of a mixture must all be named")
        }
        return sources
    }

    private init(_ argument: String) throws(DataError) {
        var pattern = Substring(argument)
        var name = "data"
        // Only a plain word before the first = is a name: folders are called "dump=CC-MAIN-2025-26" too, but their paths go on with a slash
        // or are there.
        if let equals = pattern.firstIndex(of: "="), equals > pattern.startIndex,
            pattern[..<equals].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }),
            PathPattern(argument).matches().isEmpty
        {
            name = String(pattern[..<equals])
            pattern = pattern[pattern.index(after: equals)...]
        }
        var weight = 1.0
        if name != "data" || pattern.startIndex > argument.startIndex, let colon = pattern.lastIndex(of: ":"),
            let value = Double(pattern[pattern.index(after: colon)...])
        {
            weight = value
            pattern = pattern[..<colon]
        }
        guard weight > 0, weight.isFinite else { throw .badSource(argument: argument, reason: "the weight \(weight) is not positive") }
        guard !pattern.isEmpty else { throw .badSource(argument: argument, reason: "the pattern is empty") }
        self.init(name: name, patterns: [String(pattern)], weight: weight)
    }
}

import Foundation

/// A pattern of file paths, as a shell would expand it, and `**` for any number of folders.
struct PathPattern {
    private let alternatives: [String]

    init(_ pattern: String) {
        alternatives = Self.expandBraces(pattern)
    }

    /// The files that match, in natural order. A folder stands for the data files in it and below.
    func matches() -> [String] {
        var found: Set<String> = []
        for alternative in alternatives {
            if Self.exists(alternative) {
                found.formUnion(Self.dataFiles(at: alternative))
            } else if Self.isPattern(alternative) {
                let components = alternative.split(separator: "/").map(String.init)
                for path in Self.expand(components[...], below: alternative.hasPrefix("/") ? "/" : "") {
                    // A folder that a wild card hit stands for its files; a file that was named by its ending is kept whatever that is.
                    found.formUnion(Self.isFolder(path) ? Self.dataFiles(at: path) : [path])
                }
            }
        }
        return found.sorted(by: NaturalOrder.precedes)
    }

    private static func isPattern(_ path: String) -> Bool { path.contains { "*?[".contains($0) } }

    /// The paths below `folder` (which is "" or ends in "/") that the components match.
    private static func expand(_ components: ArraySlice<String>, below folder: String) -> Set<String> {
        guard let first = components.first else { return [] }
        let rest = components.dropFirst()
        if first == "**" {
            // No folder at all, or any folder and the same pattern below it. A trailing ** is every file below.
            var paths = rest.isEmpty ? Set(entries(of: folder).map { folder + $0 }.filter { !isFolder($0) }) : expand(rest, below: folder)
            for name in entries(of: folder) where isFolder(folder + name) {
                paths.formUnion(expand(components, below: folder + name + "/"))
            }
            return paths
        }
        let names = isPattern(first) ? entries(of: folder).filter { fnmatch(first, $0, FNM_PERIOD) == 0 } : [first]
        let paths = names.map { folder + $0 }.filter(exists)
        if rest.isEmpty { return Set(paths) }
        return paths.filter(isFolder).reduce(into: []) { $0.formUnion(expand(rest, below: $1 + "/")) }
    }

    private static func dataFiles(at path: String) -> [String] {
        guard isFolder(path) else { return [path] }
        let folder = path.hasSuffix("/") ? path : path + "/"
        return entries(of: folder).flatMap { name -> [String] in
            if isFolder(folder + name) { return dataFiles(at: folder + name) }
            return Shard.Format(path: name) == nil ? [] : [folder + name]
        }
    }

    /// The names in a folder but the hidden ones.
    private static func entries(of folder: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
        return (names ?? []).filter { !$0.hasPrefix(".") }
    }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// "a{b,c{d,e}}" → "ab", "acd", "ace". Braces without a comma stand for themselves.
    private static func expandBraces(_ pattern: String) -> [String] {
        var depth = 0
        var open: String.Index?
        var cuts: [String.Index] = []
        for index in pattern.indices {
            switch pattern[index] {
            case "{":
                if depth == 0 { (open, cuts) = (index, []) }
                depth += 1
            case "," where depth == 1: cuts.append(index)
            case "}" where depth > 0:
                depth -= 1
                guard depth == 0, let start = open, !cuts.isEmpty else { continue }
                let bounds = [start] + cuts + [index]
                let tail = pattern[pattern.index(after: index)...]
                return zip(bounds, bounds.dropFirst()).flatMap { from, to in
                    expandBraces(String(pattern[..<start] + pattern[pattern.index(after: from)..<to] + tail))
                }
            default: break
            }
        }
        return [pattern]
    }
}

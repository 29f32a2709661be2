import Glibc

/// Publication of a folder that exists whole or not at all, whenever the writer or the machine stops.
///
/// The files are written to a hidden folder beside the final one; everything is synced to the disk; one rename publishes it. What a
/// killed writer leaves is found by its name, `.NAME.partial-…`, and removed by `removeLeftovers`.
public enum AtomicDirectory {
    /// Creates the folder `path` with the files that `fill` writes. A folder of that name that is there is replaced once the new one is
    /// complete. If `fill` throws, or the disk is full, all of it is removed, and the old folder stays.
    public static func publish(at path: String, fill: (OutputDirectory) throws -> Void) throws {
        let (parent, name) = split(path)
        var template = Array("\(parent)/.\(name).partial-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil, let partial = String(validating: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        else { throw WeightsError.writing(path) }
        let lock = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        flock(lock, LOCK_EX | LOCK_NB)  // held until the end: it tells this writer's folder from a killed one's
        defer { close(lock) }
        do {
            chmod(partial, 0o755)
            try fill(try OutputDirectory(path: partial))
            try sync(partial)
            try replace(path, by: partial)
            try sync(parent)
        } catch {
            try? removeTree(partial)
            throw error
        }
    }

    /// Removes what killed writers left in a folder, and returns the names. Folders that a living process is writing are left alone.
    @discardableResult
    public static func removeLeftovers(in directory: String) throws(WeightsError) -> [String] {
        var removed: [String] = []
        for name in try contents(of: directory) where name.hasPrefix(".") && name.contains(".partial-") {
            let path = "\(directory)/\(name)"
            let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else { continue }
            try removeTree(path)
            removed.append(name)
        }
        return removed.sorted()
    }

    /// Puts `partial` where `path` is. No single call swaps folders everywhere, so an old one is moved out of the way first, under a
    /// name that `removeLeftovers` knows.
    private static func replace(_ path: String, by partial: String) throws(WeightsError) {
        if rename(partial, path) == 0 { return }
        guard errno == ENOTEMPTY || errno == EEXIST else { throw .writing(path) }
        let old = partial + "-replaced"
        guard rename(path, old) == 0 else { throw .writing(path) }
        guard rename(partial, path) == 0 else {
            let code = errno
            rename(old, path)
            throw .writing(path, code: code)
        }
        try removeTree(old)
    }

    /// Asks the disk to keep a folder's list of names.
    private static func sync(_ directory: String) throws(WeightsError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .writing(directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .writing(directory) }
    }

    private static func removeTree(_ path: String) throws(WeightsError) {
        for name in try contents(of: path) {
            let child = "\(path)/\(name)"
            if unlink(child) == 0 { continue }
            guard errno == EISDIR else { throw .writing(child) }
            try removeTree(child)
        }
        guard rmdir(path) == 0 else { throw .writing(path) }
    }

    private static func contents(of directory: String) throws(WeightsError) -> [String] {
        guard let stream = opendir(directory) else { throw .reading(directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func split(_ path: String) -> (parent: String, name: String) {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard let slash = trimmed.lastIndex(of: "/") else { return (".", trimmed) }
        let parent = trimmed[..<slash]
        return (parent.isEmpty ? "/" : String(parent), String(trimmed[trimmed.index(after: slash)...]))
    }
}

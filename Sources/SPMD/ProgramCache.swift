import Checksums
import Foundation
import PJRT

/// Compiled programs on disk, so that a second start need not compile.
///
/// An entry's name is a hash of all that decides what the compiler makes: the program, the options, the plugin and the machine.
public struct ProgramCache: Sendable {
    private let folder: String
    /// Entries kept; the ones used longest ago go first.
    private let capacity: Int

    /// `$XDG_CACHE_HOME/argonne/programs`, by default under `~/.cache`.
    public static let standard = ProgramCache(
        folder: (ProcessInfo.processInfo.environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory() + "/.cache")
            + "/argonne/programs")

    /// A cache in a folder of its own.
    public init(folder: String, capacity: Int = 64) {
        self.folder = folder
        self.capacity = capacity
    }

    /// The compiled program, from the cache where it is there and loads. A cache that cannot be written is no error.
    func program(_ text: String, _ options: CompileOptions, _ client: Client) throws(PJRTError) -> (LoadedExecutable, isFromCache: Bool) {
        let path = folder + "/" + key(text, options, client)
        if let bytes = FileManager.default.contents(atPath: path), let program = try? client.deserialize([UInt8](bytes)) {
            try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path)
            return (program, true)
        }
        let program = try client.compile(text, options: options)
        if let bytes = try? program.serialize() { store(bytes, at: path) }
        return (program, false)
    }

    private func key(_ text: String, _ options: CompileOptions, _ client: Client) -> String {
        var hash = SHA256()
        hash.update(utf8: text)
        hash.update(
            utf8:
                "\(client.devices.map(\.id)) \(options.deviceIDs ?? []) \(options.replicas) \(options.flags.map { "\($0)=\($1)" }.sorted())"
        )
        hash.update(utf8: [client.plugin.path, client.platformVersion, Self.processor].joined(separator: "\n"))
        let attributes = try? FileManager.default.attributesOfItem(atPath: client.plugin.path)
        hash.update(utf8: "\(attributes?[.size] ?? 0) \(attributes?[.modificationDate] ?? 0)")
        for device in client.devices { hash.update(utf8: device.kind) }
        return hash.hexDigest()
    }

    /// The processor's model and instruction sets: code compiled for one may not run on another.
    private static let processor: String = {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { $0.hasPrefix("model name") || $0.hasPrefix("flags") }.prefix(2).joined(separator: "\n")
    }()

    private func store(_ bytes: [UInt8], at path: String) {
        let files = FileManager.default
        try? files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try? Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        let entries = (try? files.contentsOfDirectory(atPath: folder)) ?? []
        guard entries.count > capacity else { return }
        let byAge = entries.map { entry -> (String, Date) in
            let date = try? files.attributesOfItem(atPath: folder + "/" + entry)[.modificationDate] as? Date
            return (entry, date ?? .distantPast)
        }.sorted { $0.1 < $1.1 }
        for (entry, _) in byAge.prefix(entries.count - capacity) { try? files.removeItem(atPath: folder + "/" + entry) }
    }
}

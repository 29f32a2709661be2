import Foundation
import JSON

extension Tokenizer {
    /// A tokenizer from a directory with `tokenizer.json` (and `tokenizer_config.json`), or `vocab.json` and `merges.txt`, or one
    /// tiktoken file; or from the path of such a file.
    public init(directory path: String) throws(TokenizerError) {
        var isDirectory: ObjCBool = false
        let expected = "a directory with tokenizer.json, with vocab.json and merges.txt, or with a .tiktoken file"
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw .notFound(path: path, expected: expected)
        }
        let folder = isDirectory.boolValue ? path : (path as NSString).deletingLastPathComponent
        let file = isDirectory.boolValue ? try Self.tokenizerFile(in: path, expected) : path
        let configuration = try Self.configuration(in: folder)

        var definition: TokenizerDefinition
        let name = (file as NSString).lastPathComponent
        switch name {
        case "vocab.json", "merges.txt":
            let (vocabulary, merges) = (Self.join(folder, "vocab.json"), Self.join(folder, "merges.txt"))
            definition = try MergesFile.read(
                vocabulary: Self.json(vocabulary), vocabularyPath: vocabulary,
                merges: String(decoding: Self.content(merges), as: UTF8.self),
                mergesPath: merges, addedTokens: TokenizerConfiguration.addedTokens(configuration))
        case _ where name.hasSuffix(".tiktoken") || name == "tokenizer.model":
            definition = try TiktokenFile.read(Self.content(file), name: (name as NSString).deletingPathExtension, path: file)
        default: definition = try TokenizerFile.read(Self.json(file), path: file)
        }
        definition.configuration = TokenizerConfiguration(configuration)
        if definition.configuration.chatTemplate == nil {
            let template = Self.join(folder, "chat_template.jinja")
            if FileManager.default.fileExists(atPath: template) {
                definition.configuration.chatTemplate = String(decoding: try Self.content(template), as: UTF8.self)
            }
        }
        self.init(definition)
    }

    private static func tokenizerFile(in folder: String, _ expected: String) throws(TokenizerError) -> String {
        for name in ["tokenizer.json", "vocab.json"] {
            if FileManager.default.fileExists(atPath: join(folder, name)) { return join(folder, name) }
        }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".tiktoken") }
        if names.count == 1 { return join(folder, names[0]) }
        if FileManager.default.fileExists(atPath: join(folder, "tokenizer.model")) { return join(folder, "tokenizer.model") }
        throw .notFound(path: folder, expected: expected)
    }

    /// `tokenizer_config.json`, else `special_tokens_map.json`, else nothing.
    private static func configuration(in folder: String) throws(TokenizerError) -> JSONValue {
        for name in ["tokenizer_config.json", "special_tokens_map.json"] {
            if FileManager.default.fileExists(atPath: join(folder, name)) { return try json(join(folder, name)) }
        }
        return .object([])
    }

    private static func join(_ folder: String, _ name: String) -> String { (folder as NSString).appendingPathComponent(name) }

    private static func content(_ path: String) throws(TokenizerError) -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw .unreadable(path: path, reason: error.localizedDescription)
        }
    }

    private static func json(_ path: String) throws(TokenizerError) -> JSONValue {
        let content = try content(path)
        do {
            return try JSONValue(parsing: Array(content))
        } catch {
            throw .malformed(path: path, reason: error.description)
        }
    }

    /// Writes `tokenizer.json` and `tokenizer_config.json`, which Hugging Face tokenizers and transformers load.
    public func save(to directory: String) throws(TokenizerError) {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(path: directory, reason: error.localizedDescription)
        }
        for (name, json) in [("tokenizer.json", TokenizerFile.write(definition)), ("tokenizer_config.json", configuration.json)] {
            let path = Self.join(directory, name)
            do {
                try Data(json.prettyPrinted.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            } catch {
                throw .unwritable(path: path, reason: error.localizedDescription)
            }
        }
    }
}

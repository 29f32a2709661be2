import Foundation

/// The configuration of any model that Argonne knows, as its `config.json` says it.
public enum ModelConfiguration: Sendable, Hashable {
    /// Argonne 2, Llama, Qwen2, Qwen3.
    case decoder(DecoderConfiguration)
    /// Argonne 1.0 and 1.5, GPT-2.
    case gpt(GPTConfiguration)

    /// The model of this configuration.
    /// - Throws: where no model has this shape.
    public func model() throws(ModelError) -> any LanguageModel {
        switch self {
        case .decoder(let configuration): try DecoderModel(configuration)
        case .gpt(let configuration): try GPTModel(configuration)
        }
    }

    /// Reads a preset's name, or the path of a `config.json` or of a folder that holds one.
    ///
    /// - Parameter vocabularySize: for a preset, the entries of the tokenizer that it is trained with.
    /// - Throws: where there is no such preset or file, or the file describes no model that is known.
    public init(named name: String, vocabularySize: Int? = nil) throws(ModelError) {
        if let preset = Preset(rawValue: name) {
            self = preset.configuration(vocabularySize: vocabularySize)
            return
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else {
            let presets = Preset.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelError("model \(name): neither a preset (\(presets)) nor a file")
        }
        try self.init(file: isFolder.boolValue ? name + "/config.json" : name)
    }

    /// Reads a `config.json`.
    public init(file path: String) throws(ModelError) {
        guard let data = FileManager.default.contents(atPath: path) else { throw ModelError("\(path) cannot be read") }
        do {
            let decoder = JSONDecoder()
            decoder.allowsJSON5 = true
            self = try decoder.decode(ModelConfiguration.self, from: data)
        } catch let DecodingError.keyNotFound(key, _) {
            throw ModelError("\(path): the key \(key.stringValue) is missing")
        } catch let DecodingError.typeMismatch(_, context) {
            throw ModelError("\(path): \(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)")
        } catch let DecodingError.dataCorrupted(context) {
            throw ModelError("\(path): \(context.debugDescription)")
        } catch {
            throw ModelError("\(path): \(error)")
        }
        _ = try model()
    }

    /// The text of a `config.json`.
    public func json() throws(ModelError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        } catch {
            throw ModelError("config.json cannot be written: \(error)")
        }
    }
}

extension ModelConfiguration: Codable {
    /// Reads the keys of a `config.json`; `model_type` says which architecture it is.
    public init(from decoder: any Decoder) throws {
        let type = try decoder.container(keyedBy: TypeKey.self).decodeIfPresent(String.self, forKey: .modelType)
        self =
            ["gpt2", "argonne1", "argonne"].contains(type)
            ? .gpt(try GPTConfiguration(from: decoder)) : .decoder(try DecoderConfiguration(from: decoder))
    }

    private enum TypeKey: String, CodingKey {
        case modelType = "model_type"
    }

    /// Writes the keys of a `config.json`.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .decoder(let configuration): try configuration.encode(to: encoder)
        case .gpt(let configuration): try configuration.encode(to: encoder)
        }
    }
}

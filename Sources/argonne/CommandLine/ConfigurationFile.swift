import Foundation
import JSON

/// The file after `--config`: a JSON5 object whose keys are option names and whose values stand for what one would type.
///
///     {
///         model: "argonne-tiny",
///         data: ["shards/*.parquet", "more/*.parquet"],  // a repeated option
///         mesh: { data: 2, tensor: 4 },  // the same as "data=2,tensor=4"
///         "learning-rate": 3e-4,
///     }
struct ConfigurationFile {
    /// The texts of each key, as if the option had been given once for each.
    let values: [String: [String]]

    /// Reads the file, and refuses keys that are not options of the command.
    init(path: String, knownKeys: [String]) throws(UsageError) {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw .unusableConfiguration(file: path, reason: "cannot be read: \(error.localizedDescription)")
        }
        let document: JSONValue
        do {
            document = try JSONValue(parsing: [UInt8](bytes), as: .json5)
        } catch {
            throw .unusableConfiguration(file: path, reason: "is not valid JSON5: \(error)")
        }
        guard let members = document.members else {
            throw .unusableConfiguration(file: path, reason: "must be one JSON5 object of option names and values")
        }
        var values: [String: [String]] = [:]
        for member in members {
            guard knownKeys.contains(member.key) else {
                throw .unknownKey(member.key, file: path, near: nearest(to: member.key, among: knownKeys))
            }
            guard let texts = Self.texts(of: member.value) else {
                throw .unusableConfiguration(
                    file: path, reason: "'\(member.key)' must be a string, a number, true, false, a list of these, or names with numbers")
            }
            values[member.key] = texts
        }
        self.values = values
    }

    private static func texts(of value: JSONValue) -> [String]? {
        if let elements = value.elements {
            let texts = elements.compactMap(text)
            return texts.count == elements.count ? texts : nil
        }
        return text(of: value).map { [$0] }
    }

    private static func text(of value: JSONValue) -> String? {
        switch value {
        case .string(let text), .number(let text): text
        case .bool(let bool): bool.description
        case .object(let members):
            members.allSatisfy { $0.value.double != nil } ? members.map { "\($0.key)=\($0.value)" }.joined(separator: ",") : nil
        case .null, .array: nil
        }
    }
}

import ArgonneTokenizer
import Foundation
import JSON
import Testing

/// The files beside the tests, and the ones that are not part of the project.
enum Golden {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden").path

    static func path(_ name: String) -> String { folder + "/" + name }

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: path(name)))))
    }

    /// `../shared/data`, or what ARGONNE_SHARED_DATA names; nil where it is not there.
    static let sharedData: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["ARGONNE_SHARED_DATA"]
        let candidates: [String?] = [
            named, root.appendingPathComponent("../shared/data").path, root.appendingPathComponent("../../shared/data").path,
        ]
        return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0) }
    }()

    static let missingSharedData: Comment = "the shared data folder is not here (ARGONNE_SHARED_DATA can name it)"

    /// Qwen2.5's tokenizer, in the shared data.
    static func qwen() throws -> Tokenizer {
        try Tokenizer(directory: try #require(sharedData) + "/qwen2.5-tokenizer")
    }

    /// FNV-1a (64 bits) over the ids of each document and an end mark, as `golden_tokenizers.py` has it.
    static func hash(_ documents: [[Int32]]) -> String {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for document in documents {
            for id in document + [-1] {
                for byte in 0..<4 { state = (state ^ UInt64(truncatingIfNeeded: id >> (8 * byte)) & 0xFF) &* 0x100_0000_01b3 }
            }
        }
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

import Foundation

/// Real files for tests that are not part of the repository: FineWeb rows and the Qwen2.5 tokenizer.
package enum SharedData {
    /// The folder: `ARGONNE_SHARED_DATA`, else `shared/data` beside the package, else beside its parent; nil where there is none.
    package static let folder: String? = {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let places: [String?] = [
            ProcessInfo.processInfo.environment["ARGONNE_SHARED_DATA"],
            package.appendingPathComponent("../shared/data").standardized.path,
            package.appendingPathComponent("../../shared/data").standardized.path,
        ]
        return places.lazy.compactMap(\.self).first { FileManager.default.fileExists(atPath: $0) }
    }()

    /// Why a test that needs the folder does not run.
    package static let missing = "the shared data is not there: set ARGONNE_SHARED_DATA to its folder"
}

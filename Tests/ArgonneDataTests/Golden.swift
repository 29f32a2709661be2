import Foundation

/// The files that `Golden/make_golden.py` has written.
enum Golden {
    static func data(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(name)"))
    }
}

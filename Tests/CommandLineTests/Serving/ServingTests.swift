import Foundation
import Testing

/// `argonne serve` from outside. One server at a time: each compiles the same few programs, and all but the first find them in the cache.
@Suite(.serialized, .enabled(if: serverIsBuilt, "the HTTP server is not built: `make native` says what is missing"))
enum ServingTests {}

private let serverIsBuilt: Bool = {
    let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    return FileManager.default.fileExists(atPath: root.appendingPathComponent(".build/native/libhttp_server.so").path)
}()

import Foundation

/// Unbuffered writing to standard output, which may be a pipe whose reader goes away at any time.
package enum StandardOutput {
    /// Why a write failed.
    package enum Failure: Error, CustomStringConvertible {
        /// The reader has gone, as `head` does when it has its lines. The tool ends quietly on it.
        case closed
        case failed(code: Int32)

        package var description: String {
            switch self {
            case .closed: "standard output was closed"
            case .failed(let code): "cannot write to standard output: \(String(cString: strerror(code)))"
            }
        }
    }

    /// Writes the text at once. Whoever must go on when nobody listens any more ignores `Failure.closed`.
    package static func write(_ text: String) throws(Failure) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if written >= 0 {
                bytes = bytes.dropFirst(written)
            } else if errno == EPIPE {
                throw .closed
            } else if errno != EINTR {
                throw .failed(code: errno)
            }
        }
    }
}

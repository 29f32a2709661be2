import CPJRT
import DynamicLibrary

/// An error of the runtime: reported by the plugin with its own message, or found before the plugin was called.
public struct PJRTError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of an error, numbered as in the C API (the status codes of Abseil).
    public enum Code: UInt32, Sendable {
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16
    }

    /// The kind of error.
    public let code: Code
    /// What went wrong: XLA's own words where they come from the plugin.
    public let message: String
    /// What was being attempted, as in "compile a program".
    public let attempt: String

    package init(_ code: Code, _ message: String, attempt: String) {
        self.code = code
        self.message = message
        self.attempt = attempt
    }

    /// Whether memory on a device or on the host ran out.
    public var isOutOfMemory: Bool { code == .resourceExhausted }

    /// As in "cannot compile a program: … (invalidArgument)".
    public var description: String { "cannot \(attempt): \(message) (\(code))" }
}

extension PJRTError {
    /// Takes over a C error and frees it.
    init(consuming error: OpaquePointer, of functions: CFunctions, attempt: String) {
        let code = functions.withPadded(PJRT_Error_GetCode_Args.self) {
            $0.error = error
        } body: {
            // Failing to get an error's code is itself an error, which leaves the code at its zero: unknown.
            _ = functions.table.pointee.PJRT_Error_GetCode($0)
            return $0.pointee.code
        }
        let message = functions.withPadded(PJRT_Error_Message_Args.self) {
            $0.error = error
        } body: {
            functions.table.pointee.PJRT_Error_Message($0)
            return String(bytes: $0.pointee.message, count: $0.pointee.message_size)
        }
        functions.withPadded(PJRT_Error_Destroy_Args.self) {
            $0.error = error
        } body: {
            functions.table.pointee.PJRT_Error_Destroy($0)
        }
        self.init(Code(rawValue: code.rawValue) ?? .unknown, message, attempt: attempt)
    }

    init(_ error: DynamicLibraryError, attempt: String) {
        let code: Code =
            switch error {
            case .notFound: .notFound
            case .cannotLoad: .unavailable
            case .missingSymbol: .unimplemented
            }
        self.init(code, error.description, attempt: attempt)
    }
}

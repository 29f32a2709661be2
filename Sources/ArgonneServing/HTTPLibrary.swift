import CPJRT
import DynamicLibrary

/// `Native/http_server`, loaded once: libmicrohttpd behind a table of C functions.
enum HTTPLibrary {
    private static let loaded: Result<Table, ServingError> = {
        do throws(DynamicLibraryError) {
            let library = try DynamicLibrary.native("http_server")
            typealias Entry = @convention(c) () -> UnsafePointer<ArgonneHTTPAPI>?
            let entry = unsafeBitCast(try library.symbol(named: "ArgonneGetHTTPAPI"), to: Entry.self)
            guard let table = entry(), table.pointee.version == ARGONNE_HTTP_API_VERSION else {
                return .failure(ServingError("\(library.path) is of another version than this program: run `make native`"))
            }
            return .success(Table(functions: table.pointee))
        } catch {
            return .failure(ServingError("\(error)"))
        }
    }()

    /// Functions that may be called from any thread.
    private struct Table: @unchecked Sendable {
        let functions: ArgonneHTTPAPI
    }

    static func api() throws(ServingError) -> ArgonneHTTPAPI { try loaded.get().functions }
}

/// Why a server cannot start.
public struct ServingError: Error, Equatable, CustomStringConvertible {
    /// One line that says what is wrong and the way out.
    public let description: String

    init(_ description: String) { self.description = description }
}

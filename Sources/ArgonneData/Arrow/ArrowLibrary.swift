import CPJRT
import DynamicLibrary

/// `Native/arrow_reader`, loaded once: Arrow C++ behind a table of C functions.
enum ArrowLibrary {
    private static let loaded: Result<API, DataError> = {
        do throws(DynamicLibraryError) {
            let library = try DynamicLibrary.native("arrow_reader")
            typealias Entry = @convention(c) () -> UnsafePointer<ArgonneArrowAPI>?
            let entry = unsafeBitCast(try library.symbol(named: "ArgonneGetArrowAPI"), to: Entry.self)
            guard let table = entry(), table.pointee.version == ARGONNE_ARROW_API_VERSION else {
                return .failure(.nativeLibrary("\(library.path) is of another version than this program: run `make native`"))
            }
            return .success(API(table: table))
        } catch {
            return .failure(.nativeLibrary("\(error)"))
        }
    }()

    /// A table of constants, readable from any thread.
    private struct API: @unchecked Sendable {
        let table: UnsafePointer<ArgonneArrowAPI>
    }

    /// The function table.
    static func api() throws(DataError) -> ArgonneArrowAPI { try loaded.get().table.pointee }

    /// A failed call: its status and message.
    struct Failure: Error {
        let status: Int
        let message: String
    }

    /// Calls a function of the table with room for a message.
    static func call(_ body: (UnsafeMutablePointer<CChar>, Int) -> Int32) throws(Failure) {
        var failure: Failure?
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 2048) { message in
            guard let start = message.baseAddress else { return }
            start.pointee = 0
            let status = body(start, message.count)
            if status != ARGONNE_ARROW_OK {
                failure = Failure(status: Int(status), message: String(cString: start))
            }
        }
        if let failure { throw failure }
    }
}

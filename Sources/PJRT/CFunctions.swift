import CPJRT

/// The plugin's function table, and the one place where its functions are called.
///
/// The table is a copy, cut at the plugin's own size and zero beyond it, so that a function which an older plugin lacks is nil here.
package struct CFunctions: @unchecked Sendable {
    typealias Function<Arguments> = (UnsafeMutablePointer<Arguments>?) -> OpaquePointer?

    package let table: UnsafePointer<PJRT_Api>

    /// Space after each argument struct, zeroed. A newer plugin refuses a struct smaller than the one it knows and reads its new
    /// fields from there; zero means "not given" throughout the C API.
    private static let padding = 256

    /// Copies the table that `GetPjrtApi` returned. The copy lives as long as the process, like the library.
    package init(copying api: UnsafeRawPointer) {
        let copy = UnsafeMutablePointer<PJRT_Api>.allocate(capacity: 1)
        let known = MemoryLayout<PJRT_Api>.size
        let provided = api.load(as: Int.self)
        UnsafeMutableRawPointer(copy).initializeMemory(as: UInt8.self, repeating: 0, count: known)
        UnsafeMutableRawPointer(copy).copyMemory(from: api, byteCount: min(known, max(provided, 0)))
        table = UnsafePointer(copy)
    }

    /// Calls one function of the table.
    ///
    /// - Parameters:
    ///   - function: an entry of ``table``, nil where the plugin has none.
    ///   - attempt: completes "cannot …" in the error's message.
    ///   - fill: sets the input fields; all else is zero.
    /// - Returns: the argument struct with its output fields.
    @discardableResult
    func call<Arguments>(
        _ function: Function<Arguments>?, _ attempt: @autoclosure () -> String, _ fill: (inout Arguments) -> Void
    ) throws(PJRTError) -> Arguments {
        guard let function else {
            throw PJRTError(.unimplemented, "the plugin (API \(version)) is too old: it has no \(Arguments.self)", attempt: attempt())
        }
        return try withPadded(Arguments.self, fill) { (arguments) throws(PJRTError) in
            if let error = function(arguments) { throw PJRTError(consuming: error, of: self, attempt: attempt()) }
            return arguments.pointee
        }
    }

    /// Calls a destructor, which cannot fail in a way that anyone could mend.
    func destroy<Arguments>(_ function: Function<Arguments>?, _ fill: (inout Arguments) -> Void) {
        _ = try? call(function, "free an object", fill)
    }

    /// Lends a zeroed struct of the C API, its size set and room for a newer version's fields after it.
    func withPadded<Struct, Result, Failure>(
        _: Struct.Type, _ fill: (inout Struct) -> Void, body: (UnsafeMutablePointer<Struct>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let size = MemoryLayout<Struct>.size + Self.padding
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        let pointer = memory.bindMemory(to: Struct.self, capacity: 1)
        fill(&pointer.pointee)
        // Every struct of the C API starts with its size.
        memory.storeBytes(of: size, as: Int.self)
        return try body(pointer)
    }

    var version: APIVersion {
        APIVersion(major: Int(table.pointee.pjrt_api_version.major_version), minor: Int(table.pointee.pjrt_api_version.minor_version))
    }

    /// Whether errors can be read, without which nothing may be called.
    var hasErrorFunctions: Bool {
        table.pointee.PJRT_Error_GetCode != nil && table.pointee.PJRT_Error_Message != nil && table.pointee.PJRT_Error_Destroy != nil
    }

    /// The first extension of a kind in the plugin's chain.
    func `extension`(_ type: PJRT_Extension_Type) -> UnsafePointer<PJRT_Extension_Base>? {
        var next = table.pointee.extension_start.map { UnsafePointer($0) }
        while let current = next, current.pointee.type != type { next = current.pointee.next.map { UnsafePointer($0) } }
        return next
    }
}

/// The version of the PJRT C API that a plugin was built with.
public struct APIVersion: Sendable, Hashable, CustomStringConvertible {
    /// Differs where the interface is incompatible.
    public let major: Int
    /// Grows with additions.
    public let minor: Int

    /// As in "0.90".
    public var description: String { "\(major).\(minor)" }
}

extension String {
    /// Copies text that the C API gives as an address and a length.
    init(bytes: UnsafePointer<CChar>?, count: Int) {
        self.init(decoding: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count), as: UTF8.self)
    }
}

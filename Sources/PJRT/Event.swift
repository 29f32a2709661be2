import CPJRT

/// The completion of asynchronous work on a device.
public final class Event: Sendable {
    /// The client on which the work runs.
    public let client: Client
    private nonisolated(unsafe) let handle: OpaquePointer
    private let attempt: String

    init(adopting handle: OpaquePointer, client: Client, attempt: String) {
        self.handle = handle
        self.client = client
        self.attempt = attempt
        client.countHandle()
    }

    deinit {
        client.free(client.plugin.functions.table.pointee.PJRT_Event_Destroy) { $0.event = handle }
    }

    /// Blocks the calling thread until the work is done.
    ///
    /// - Throws: the work's own failure.
    public func await() throws(PJRTError) {
        let functions = client.plugin.functions
        try functions.call(functions.table.pointee.PJRT_Event_Await, attempt) { $0.event = handle }
    }

    /// Whether the work is done, successfully or not.
    public var isReady: Bool {
        get throws(PJRTError) {
            let functions = client.plugin.functions
            return try functions.call(functions.table.pointee.PJRT_Event_IsReady, attempt) { $0.event = handle }.is_ready
        }
    }

    /// Calls `body` once when the work is done, with the work's error if it failed: at once where it is done already, else on one of
    /// the plugin's threads. Keep it short, and let go of no last reference to a ``Client`` in it: a client waits for those threads.
    public func onReady(_ body: @escaping @Sendable (PJRTError?) -> Void) throws(PJRTError) {
        let functions = client.plugin.functions
        let context = Unmanaged.passRetained(Callback(body: body, functions: functions, attempt: attempt))
        do throws(PJRTError) {
            try functions.call(functions.table.pointee.PJRT_Event_OnReady, attempt) {
                $0.event = handle
                $0.user_arg = context.toOpaque()
                $0.callback = { error, context in
                    guard let context else { return }
                    let callback = Unmanaged<Callback>.fromOpaque(context).takeRetainedValue()
                    callback.body(error.map { PJRTError(consuming: $0, of: callback.functions, attempt: callback.attempt) })
                }
            }
        } catch {
            context.release()
            throw error
        }
    }

    private final class Callback: Sendable {
        let body: @Sendable (PJRTError?) -> Void
        let functions: CFunctions
        let attempt: String

        init(body: @escaping @Sendable (PJRTError?) -> Void, functions: CFunctions, attempt: String) {
            self.body = body
            self.functions = functions
            self.attempt = attempt
        }
    }
}

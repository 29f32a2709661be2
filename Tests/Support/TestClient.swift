import PJRT

/// The one CPU client of a test process, with eight virtual devices, so that any mesh up to eight runs.
package enum TestClient {
    private static let opened: Result<Client, PJRTError> = Result { () throws(PJRTError) in
        try Client(plugin: .named(.cpu), options: ["device_count": .int(8)])
    }

    /// The shared client.
    ///
    /// - Throws: ``PJRTError`` where the plugin is not built; the message says how.
    package static var shared: Client {
        get throws(PJRTError) { try opened.get() }
    }

    /// The shared client's first device.
    package static var device: Device {
        get throws { try shared.addressableDevices[0] }
    }
}

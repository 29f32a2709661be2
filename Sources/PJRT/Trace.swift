/// What a ``Profiler`` recorded: a serialized `tensorflow.profiler.XSpace`, which TensorBoard and XProf show too.
///
/// Field numbers are those of tsl/profiler/protobuf/xplane.proto.
public struct Trace: Sendable {
    /// The serialized trace.
    public let bytes: [UInt8]

    /// The time that one operation of a program took.
    public struct Operation: Sendable, Hashable {
        /// Its name in the optimized program, or a kernel's own where the trace does not tell.
        public let name: String
        /// Its own time in all, that of operations within it left out. On a processor the times of all threads are added up.
        public let seconds: Double
        /// How often it ran.
        public let count: Int
    }

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// Operations of compiled programs by their time, the longest first.
    ///
    /// - Parameter kind: gives an operation's name another; operations of one name are added up.
    public func operations(by kind: (String) -> String = { $0 }) -> [Operation] {
        var total: [String: (picoseconds: Int, count: Int)] = [:]
        for plane in Self.messages(1, in: bytes[...]) {
            let isDevice = Self.string(2, in: plane).hasPrefix("/device:")
            let names = Self.names(4, in: plane)
            // Operations of a program carry this statistic; it is a reference to a name, or the text itself.
            let statistics = Self.names(5, in: plane)
            let operationStatistic = statistics.first { $0.value == "hlo_op" }?.key
            for line in Self.messages(3, in: plane) {
                let events = Self.messages(4, in: line).compactMap { event -> Event? in
                    let name = Self.operationName(event, operationStatistic, statistics)
                    guard name != nil || isDevice else { return nil }
                    return Event(
                        name: name ?? names[Self.int(1, in: event)] ?? "unknown", start: Self.int(2, in: event),
                        duration: Self.int(3, in: event))
                }
                for (operation, picoseconds) in Self.ownTimes(events) {
                    let name = kind(operation)
                    total[name, default: (0, 0)].picoseconds += picoseconds
                    total[name, default: (0, 0)].count += 1
                }
            }
        }
        return total.map { Operation(name: $0.key, seconds: Double($0.value.picoseconds) * 1e-12, count: $0.value.count) }
            .sorted { ($0.seconds, $1.name) > ($1.seconds, $0.name) }
    }

    private struct Event {
        let name: String
        let start: Int
        let duration: Int
    }

    /// Each event's time without that of events of the same thread that lie within it.
    private static func ownTimes(_ events: [Event]) -> [(name: String, picoseconds: Int)] {
        var own: [(name: String, picoseconds: Int)] = []
        var open: [(index: Int, end: Int)] = []
        for event in events.sorted(by: { ($0.start, $1.duration) < ($1.start, $0.duration) }) {
            while let last = open.last, last.end <= event.start { open.removeLast() }
            if let outer = open.last { own[outer.index].picoseconds -= event.duration }
            open.append((own.count, event.start + event.duration))
            own.append((event.name, event.duration))
        }
        return own
    }

    private static func operationName(_ event: ArraySlice<UInt8>, _ statistic: Int?, _ names: [Int: String]) -> String? {
        guard let statistic else { return nil }
        for stat in messages(4, in: event) where int(1, in: stat) == statistic {
            let text = string(5, in: stat)
            return text.isEmpty ? names[int(7, in: stat)] : text
        }
        return nil
    }

    /// A map from numbers to messages with a name in their second field.
    private static func names(_ number: Int, in plane: ArraySlice<UInt8>) -> [Int: String] {
        let pairs = messages(number, in: plane).map { entry in
            (int(1, in: entry), messages(2, in: entry).first.map { string(2, in: $0) } ?? "")
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func messages(_ number: Int, in message: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        ProtobufReader(message).compactMap { field, value in
            if field == number, case .bytes(let bytes) = value { bytes } else { nil }
        }
    }

    private static func string(_ number: Int, in message: ArraySlice<UInt8>) -> String {
        messages(number, in: message).first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func int(_ number: Int, in message: ArraySlice<UInt8>) -> Int {
        for (field, value) in ProtobufReader(message) {
            if field == number, case .int(let int) = value { return int }
        }
        return 0
    }
}

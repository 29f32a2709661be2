import CPJRT

/// A value of the C API's name-value lists: options of a client, attributes of a plugin or device, results of an analysis.
public enum NamedValue: Sendable, Hashable {
    case string(String)
    case int(Int)
    case ints([Int])
    case float(Float)
    case bool(Bool)

    /// The value as a number, where it is one.
    public var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .float(let value): Double(value)
        default: nil
        }
    }
}

/// An option for creating a ``Client``; which names exist is the plugin's affair.
public typealias ClientOption = NamedValue

extension [String: NamedValue] {
    /// Copies a list that the C API owns.
    init(copying values: UnsafePointer<PJRT_NamedValue>?, count: Int) {
        self.init()
        guard let values, count > 0 else { return }
        // A newer plugin's element may be longer than ours: each says its own size.
        let alignment = MemoryLayout<PJRT_NamedValue>.alignment
        let stride = Swift.max((values.pointee.struct_size + alignment - 1) / alignment * alignment, MemoryLayout<PJRT_NamedValue>.stride)
        for index in 0..<count {
            let value = (UnsafeRawPointer(values) + index * stride).load(as: PJRT_NamedValue.self)
            self[String(bytes: value.name, count: value.name_size)] = NamedValue(value)
        }
    }

    /// Lends the list in C form.
    func withCValues<Result, Failure>(_ body: (UnsafeBufferPointer<PJRT_NamedValue>) throws(Failure) -> Result) throws(Failure) -> Result {
        var storage: [UnsafeMutableRawPointer] = []
        defer { for memory in storage { memory.deallocate() } }
        func keep<Element>(_ elements: some Collection<Element>) -> UnsafeMutablePointer<Element> {
            let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: Swift.max(elements.count, 1))
            _ = copy.initialize(from: elements)
            let start = copy.baseAddress.unsafelyUnwrapped
            storage.append(UnsafeMutableRawPointer(start))
            return start
        }
        let values = sorted { $0.key < $1.key }.map { name, value in
            var item = PJRT_NamedValue()
            item.struct_size = MemoryLayout<PJRT_NamedValue>.size
            item.name = UnsafePointer(keep(name.utf8CString))
            item.name_size = name.utf8.count
            item.value_size = 1
            switch value {
            case .string(let text):
                item.type = PJRT_NamedValue_kString
                item.string_value = UnsafePointer(keep(text.utf8CString))
                item.value_size = text.utf8.count
            case .int(let number):
                item.type = PJRT_NamedValue_kInt64
                item.int64_value = Int64(number)
            case .ints(let numbers):
                item.type = PJRT_NamedValue_kInt64List
                item.int64_array_value = UnsafePointer(keep(numbers.map(Int64.init)))
                item.value_size = numbers.count
            case .float(let number):
                item.type = PJRT_NamedValue_kFloat
                item.float_value = number
            case .bool(let truth):
                item.type = PJRT_NamedValue_kBool
                item.bool_value = truth
            }
            return item
        }
        return try values.withUnsafeBufferPointer(body)
    }
}

extension NamedValue {
    fileprivate init?(_ value: PJRT_NamedValue) {
        switch value.type {
        case PJRT_NamedValue_kString: self = .string(String(bytes: value.string_value, count: value.value_size))
        case PJRT_NamedValue_kInt64: self = .int(Int(value.int64_value))
        case PJRT_NamedValue_kInt64List:
            self = .ints(UnsafeBufferPointer(start: value.int64_array_value, count: value.value_size).map(Int.init))
        case PJRT_NamedValue_kFloat: self = .float(value.float_value)
        case PJRT_NamedValue_kBool: self = .bool(value.bool_value)
        default: return nil
        }
    }
}

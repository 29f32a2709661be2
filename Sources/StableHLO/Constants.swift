import PJRT

struct Parameter: Operation {
    let index: Int
    let type: TensorType
    var name: String { "parameter" }
    var isCheap: Bool { true }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { [type] }
    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        preconditionFailure("parameters are named by the function or region that declares them")
    }
    func pullback(_ context: Pullback) -> [Value?] { [] }
}

/// A constant whose elements are all the same.
struct Splat: Operation {
    let number: Double
    let type: TensorType
    var name: String { "constant" }
    var isCheap: Bool { true }
    var attributes: String { "value = dense<\(type.element.literal(number))> : \(type)" }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { [type] }
    func pullback(_ context: Pullback) -> [Value?] { [] }
}

/// A small constant, written element by element.
struct Dense: Operation {
    let numbers: [Double]
    let type: TensorType
    var name: String { "constant" }
    var isCheap: Bool { true }
    var attributes: String { "value = dense<\(literal(type.shape[...], numbers[...]))> : \(type)" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard numbers.count == type.count else { throw ShapeError("\(numbers.count) numbers do not fill \(type)") }
        return [type]
    }
    func pullback(_ context: Pullback) -> [Value?] { [] }

    private func literal(_ shape: ArraySlice<Int>, _ numbers: ArraySlice<Double>) -> String {
        guard let size = shape.first else { return type.element.literal(numbers[numbers.startIndex]) }
        let stride = numbers.count / max(size, 1)
        let rows = (0..<size).map { row in
            literal(shape.dropFirst(), numbers[(numbers.startIndex + row * stride)..<(numbers.startIndex + (row + 1) * stride)])
        }
        return "[" + rows.joined(separator: ", ") + "]"
    }
}

/// 0, 1, 2, … along one dimension.
struct Iota: Operation {
    let dimension: Int
    let type: TensorType
    var name: String { "iota" }
    var isCheap: Bool { true }
    var attributes: String { "iota_dimension = \(dimension) : i64" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard type.shape.indices.contains(dimension) else { throw ShapeError("\(type) has no dimension \(dimension)") }
        return [type]
    }
    func pullback(_ context: Pullback) -> [Value?] { [] }
}

extension Graph {
    /// A constant of the given shape whose elements are all `number`.
    public func constant(_ number: Double, _ element: ElementType, shape: [Int] = []) -> Value {
        add(Splat(number: number, type: TensorType(shape, element)), [])[0]
    }

    /// A small constant given element by element in row-major order. Big tables belong in parameters: XLA folds constants while it compiles.
    public func constant(
        _ numbers: [Double], _ element: ElementType, shape: [Int], _ file: StaticString = #fileID, _ line: UInt = #line
    ) -> Value {
        add(Dense(numbers: numbers, type: TensorType(shape, element)), [], file, line)[0]
    }

    /// 0, 1, 2, … along `dimension` of a tensor of the given shape.
    public func iota(
        _ shape: [Int], along dimension: Int = 0, _ element: ElementType = .i32, _ file: StaticString = #fileID, _ line: UInt = #line
    ) -> Value {
        add(Iota(dimension: dimension, type: TensorType(shape, element)), [], file, line)[0]
    }
}

extension ElementType {
    /// The number as MLIR reads it for this element type, exact for every finite number.
    func literal(_ number: Double) -> String {
        if self == .bool { return number == 0 ? "false" : "true" }
        guard isFloatingPoint else {
            return number < 0 ? "\(Int64(number))" : "\(UInt64(number))"
        }
        if number.isFinite {
            // MLIR wants a point before the exponent: 1.0e-06, not 1e-06.
            let text = self == .f64 ? "\(number)" : "\(Float(number))"
            guard let e = text.firstIndex(of: "e"), !text[..<e].contains(".") else { return text }
            return text[..<e] + ".0" + text[e...]
        }
        switch self {
        case .f64: return "0x" + String(number.bitPattern, radix: 16, uppercase: true)
        case .f32: return "0x" + String(Float(number).bitPattern, radix: 16, uppercase: true)
        case .bf16: return "0x" + String(Float(number).bitPattern >> 16, radix: 16, uppercase: true)
        default: return number.isNaN ? "0x7E00" : number < 0 ? "0xFC00" : "0x7C00"
        }
    }
}

import PJRT

struct Parameter: Operation {
    let index: Int
    let type: TensorType
    var name: String { "parameter" }
    var cost: OperationCost { .view }

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
    var cost: OperationCost { .view }
    var attributes: String { "value = dense<\(type.element.literal(number))> : \(type)" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard type.element.holds(number) else { throw ShapeError("\(number) is no \(type.element.mlirName)", guess: type) }
        return [type]
    }
    func pullback(_ context: Pullback) -> [Value?] { [] }
}

/// A small constant, written element by element.
struct Dense: Operation {
    let numbers: [Double]
    let type: TensorType
    var name: String { "constant" }
    var cost: OperationCost { .view }
    var attributes: String { "value = dense<\(literal(type.shape[...], numbers[...]))> : \(type)" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard numbers.count == type.count else { throw ShapeError("\(numbers.count) numbers do not fill \(type)", guess: type) }
        if let number = numbers.first(where: { !type.element.holds($0) }) {
            throw ShapeError("\(number) is no \(type.element.mlirName)", guess: type)
        }
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
    var cost: OperationCost { .view }
    var attributes: String { "iota_dimension = \(dimension) : i64" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard type.shape.indices.contains(dimension) else { throw ShapeError("\(type) has no dimension \(dimension)", guess: type) }
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
        add(Dense(numbers: numbers, type: TensorType(shape, element)), [], SourceLocation(file: file, line: line))[0]
    }

    /// 0, 1, 2, … along `dimension` of a tensor of the given shape.
    public func iota(
        _ shape: [Int], along dimension: Int = 0, _ element: ElementType = .i32, _ file: StaticString = #fileID, _ line: UInt = #line
    ) -> Value {
        add(Iota(dimension: dimension, type: TensorType(shape, element)), [], SourceLocation(file: file, line: line))[0]
    }
}

extension ElementType {
    /// Whether the type has this number, rounded where it is a floating-point type.
    func holds(_ number: Double) -> Bool {
        switch self {
        case .f64, .f32, .f16, .bf16: true
        case .bool: number == 0 || number == 1
        case .i64: Int64(exactly: number) != nil
        case .i32: Int32(exactly: number) != nil
        case .i16: Int16(exactly: number) != nil
        case .i8: Int8(exactly: number) != nil
        case .u64: UInt64(exactly: number) != nil
        case .u32: UInt32(exactly: number) != nil
        case .u16: UInt16(exactly: number) != nil
        case .u8: UInt8(exactly: number) != nil
        }
    }

    /// The number as MLIR reads it for this element type, which must hold it.
    func literal(_ number: Double) -> String {
        if self == .bool { return number == 0 ? "false" : "true" }
        guard isFloatingPoint else { return number < 0 ? "\(Int64(number))" : "\(UInt64(number))" }
        if number.isFinite {
            // MLIR reads a double and rounds it to nearest even. It wants a point before the exponent: 1.0e-06, not 1e-06.
            let text = "\(number)"
            guard let e = text.firstIndex(of: "e"), !text[..<e].contains(".") else { return text }
            return text[..<e] + ".0" + text[e...]
        }
        // What is not finite is written as its bits.
        let bits: UInt64 =
            switch self {
            case .f64: number.bitPattern
            case .f32: UInt64(Float(number).bitPattern)
            case .bf16: UInt64(BFloat16(Float(number)).bits)
            default: UInt64(Float16(number).bitPattern)
            }
        return "0x" + String(bits, radix: 16, uppercase: true)
    }
}

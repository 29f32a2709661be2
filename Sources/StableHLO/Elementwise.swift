import PJRT

/// Operations that map each element of one tensor.
enum UnaryFunction: String {
    case negate, abs, exponential, log, sqrt, rsqrt, tanh, logistic, sine, cosine, not, floor
    case errorFunction = "erf"
    case exponentialMinusOne = "exponential_minus_one"
}

struct Unary: Operation {
    let function: UnaryFunction
    var name: String { function.rawValue }
    var cost: OperationCost { .elementwise }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let ok =
            function == .not
            ? !operands[0].element.isFloatingPoint : operands[0].element.isFloatingPoint || [.negate, .abs].contains(function)
        guard ok else { throw ShapeError("\(operands[0]) has an element type that it is not defined for") }
        return [operands[0]]
    }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        // StableHLO has no error function; XLA's own operation is reached as a composite call.
        function == .errorFunction
            ? writer.emit("chlo.erf", operands, node)
            : writer.emit("stablehlo." + name, operands, node)
    }

    func pullback(_ c: Pullback) -> [Value?] {
        let (x, y, g) = (c.x, c.y, c.cotangent)
        switch function {
        case .negate: return [-g]
        case .abs: return [select(x .< 0, -g, g)]
        case .exponential: return [g * y]
        case .exponentialMinusOne: return [g * (y + 1)]
        case .log: return [g / x]
        case .sqrt: return [g * 0.5 / y]
        case .rsqrt: return [g * y * y * y * -0.5]
        case .tanh: return [g * (1 - y * y)]
        case .logistic: return [g * y * (1 - y)]
        case .sine: return [g * cos(x)]
        case .cosine: return [-(g * sin(x))]
        case .errorFunction: return [g * exp(-(x * x)) * 1.128_379_167_095_512_6]  // 2/√π
        case .not, .floor: return [nil]
        }
    }
}

/// Operations on two tensors of the same type.
enum BinaryFunction: String {
    case add, subtract, multiply, divide, maximum, minimum, remainder, and, or, xor
    case power
    case shiftLeft = "shift_left"
    case shiftRight = "shift_right_logical"
}

struct Binary: Operation {
    let function: BinaryFunction
    var name: String { function.rawValue }
    var cost: OperationCost { .elementwise }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands[0] == operands[1] else { throw ShapeError("\(operands[0]) and \(operands[1]) do not fit each other") }
        return [operands[0]]
    }

    func pullback(_ c: Pullback) -> [Value?] {
        let (a, b, g) = (c.operands[0], c.operands[1], c.cotangent)
        switch function {
        case .add: return [g, g]
        case .subtract: return [g, c.isNeeded[1] ? -g : nil]
        case .multiply: return [c.isNeeded[0] ? g * b : nil, c.isNeeded[1] ? g * a : nil]
        case .divide: return [c.isNeeded[0] ? g / b : nil, c.isNeeded[1] ? -(g * c.y) / b : nil]
        case .maximum: return Self.divided(g, where: a .>= b)
        case .minimum: return Self.divided(g, where: a .<= b)
        case .power:
            // log 0 is met only as 0ᵇ · log 0, whose limit is 0.
            let logarithm = log(select(a .== 0, a.constant(1), a))
            return [c.isNeeded[0] ? g * b * pow(a, b - 1) : nil, c.isNeeded[1] ? g * c.y * logarithm : nil]
        case .remainder, .and, .or, .xor, .shiftLeft, .shiftRight: return [nil, nil]
        }
    }

    /// A cotangent for the operand that the result was taken from: the first where the condition holds, else the second.
    static func divided(_ g: Value, where isFirst: Value) -> [Value?] {
        // Not g · 0, which is NaN where g is not finite.
        let zero = g.graph.zeros(g.type)
        return [select(isFirst, g, zero), select(isFirst, zero, g)]
    }
}

/// A comparison of two tensors of the same type; the result is of booleans.
struct Compare: Operation {
    let direction: String
    var name: String { "compare" }
    var cost: OperationCost { .elementwise }
    var attributes: String { "comparison_direction = #stablehlo<comparison_direction \(direction)>" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let result = TensorType(operands[0].shape, .bool)
        guard operands[0] == operands[1] else { throw ShapeError("\(operands[0]) and \(operands[1]) do not fit each other", guess: result) }
        return [result]
    }
    func pullback(_ c: Pullback) -> [Value?] { [nil, nil] }
}

/// Takes elements of one of two tensors, by a third of booleans.
struct Select: Operation {
    var name: String { "select" }
    var cost: OperationCost { .elementwise }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands[1] == operands[2], operands[0] == TensorType(operands[1].shape, .bool) else {
            throw ShapeError("\(operands[0]) cannot choose between \(operands[1]) and \(operands[2])", guess: operands[1])
        }
        return [operands[1]]
    }
    func pullback(_ c: Pullback) -> [Value?] { [nil] + Binary.divided(c.cotangent, where: c.operands[0]) }
}

/// A change of element type.
struct Convert: Operation {
    let element: ElementType
    var name: String { "convert" }
    var cost: OperationCost { .elementwise }

    func resultTypes(_ operands: [TensorType]) -> [TensorType] { [TensorType(operands[0].shape, element)] }
    func pullback(_ c: Pullback) -> [Value?] {
        guard c.x.element.isFloatingPoint, element.isFloatingPoint else { return [nil] }
        return [c.cotangent.converted(to: c.x.element)]
    }
}

/// The same bits read as another element type of the same size.
struct Bitcast: Operation {
    let element: ElementType
    var name: String { "bitcast_convert" }
    var cost: OperationCost { .elementwise }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands[0].element.byteCount == element.byteCount else {
            throw ShapeError("\(operands[0]) and \(element.mlirName) differ in size")
        }
        return [TensorType(operands[0].shape, element)]
    }
    func pullback(_ c: Pullback) -> [Value?] { [nil] }
}

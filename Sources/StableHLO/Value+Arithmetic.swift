import PJRT

extension Value {
    private static func unary(_ function: UnaryFunction, _ x: Value) -> Value { add(Unary(function: function), [x])[0] }

    private static func aligned(_ a: Value, _ b: Value) -> [Value] {
        guard a.shape != b.shape, let shape = broadcastShape(a.shape, b.shape) else { return [a, b] }
        return [a.broadcast(to: shape), b.broadcast(to: shape)]
    }

    private static func binary(_ function: BinaryFunction, _ a: Value, _ b: Value) -> Value {
        add(Binary(function: function), aligned(a, b))[0]
    }

    private static func compare(_ direction: String, _ a: Value, _ b: Value) -> Value {
        add(Compare(direction: direction), aligned(a, b))[0]
    }

    /// Elementwise sum.
    public static func + (a: Value, b: Value) -> Value { binary(.add, a, b) }
    /// Elementwise difference.
    public static func - (a: Value, b: Value) -> Value { binary(.subtract, a, b) }
    /// Elementwise product.
    public static func * (a: Value, b: Value) -> Value { binary(.multiply, a, b) }
    /// Elementwise quotient.
    public static func / (a: Value, b: Value) -> Value { binary(.divide, a, b) }
    /// Elementwise remainder, with the sign of the dividend.
    public static func % (a: Value, b: Value) -> Value { binary(.remainder, a, b) }
    /// Logical or bitwise and.
    public static func & (a: Value, b: Value) -> Value { binary(.and, a, b) }
    /// Logical or bitwise or.
    public static func | (a: Value, b: Value) -> Value { binary(.or, a, b) }
    /// Logical or bitwise exclusive or.
    public static func ^ (a: Value, b: Value) -> Value { binary(.xor, a, b) }
    /// Elementwise negation.
    public static prefix func - (x: Value) -> Value { unary(.negate, x) }
    /// Logical or bitwise complement.
    public static prefix func ! (x: Value) -> Value { unary(.not, x) }

    /// Sum with a number.
    public static func + (a: Value, b: Double) -> Value { a + a.constant(b) }
    /// Difference with a number.
    public static func - (a: Value, b: Double) -> Value { a - a.constant(b) }
    /// Product with a number.
    public static func * (a: Value, b: Double) -> Value { a * a.constant(b) }
    /// Quotient by a number.
    public static func / (a: Value, b: Double) -> Value { a / a.constant(b) }
    /// Remainder by a number.
    public static func % (a: Value, b: Double) -> Value { a % a.constant(b) }
    /// A number plus a tensor.
    public static func + (a: Double, b: Value) -> Value { b.constant(a) + b }
    /// A number minus a tensor.
    public static func - (a: Double, b: Value) -> Value { b.constant(a) - b }
    /// A number times a tensor.
    public static func * (a: Double, b: Value) -> Value { b.constant(a) * b }
    /// A number divided by a tensor.
    public static func / (a: Double, b: Value) -> Value { b.constant(a) / b }
    /// Bits moved towards the high end, for unsigned element types.
    public static func << (a: Value, b: Double) -> Value { binary(.shiftLeft, a, a.constant(b)) }
    /// Bits moved towards the low end with zeros coming in.
    public static func >> (a: Value, b: Double) -> Value { binary(.shiftRight, a, a.constant(b)) }

    /// Elementwise equality.
    public static func .== (a: Value, b: Value) -> Value { compare("EQ", a, b) }
    /// Elementwise inequality.
    public static func .!= (a: Value, b: Value) -> Value { compare("NE", a, b) }
    /// Elementwise less-than.
    public static func .< (a: Value, b: Value) -> Value { compare("LT", a, b) }
    /// Elementwise less-or-equal.
    public static func .<= (a: Value, b: Value) -> Value { compare("LE", a, b) }
    /// Elementwise greater-than.
    public static func .> (a: Value, b: Value) -> Value { compare("GT", a, b) }
    /// Elementwise greater-or-equal.
    public static func .>= (a: Value, b: Value) -> Value { compare("GE", a, b) }
    /// Equality with a number.
    public static func .== (a: Value, b: Double) -> Value { a .== a.constant(b) }
    /// Inequality with a number.
    public static func .!= (a: Value, b: Double) -> Value { a .!= a.constant(b) }
    /// Less than a number.
    public static func .< (a: Value, b: Double) -> Value { a .< a.constant(b) }
    /// Less than or equal to a number.
    public static func .<= (a: Value, b: Double) -> Value { a .<= a.constant(b) }
    /// Greater than a number.
    public static func .> (a: Value, b: Double) -> Value { a .> a.constant(b) }
    /// At least a number.
    public static func .>= (a: Value, b: Double) -> Value { a .>= a.constant(b) }

    /// The same numbers in another element type; float32 to bfloat16 rounds to nearest even.
    public func converted(to element: ElementType) -> Value {
        element == self.element ? self : Value.add(Convert(element: element), [self])[0]
    }

    /// The same bits read as another element type of the same size.
    public func bitcast(to element: ElementType) -> Value { Value.add(Bitcast(element: element), [self])[0] }

    fileprivate static func map(_ function: UnaryFunction, _ x: Value) -> Value { unary(function, x) }
    fileprivate static func zip(_ function: BinaryFunction, _ a: Value, _ b: Value) -> Value { binary(function, a, b) }
}

/// The shape both stretch to, aligned at the last dimension; nil if they do not fit.
func broadcastShape(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    var shape: [Int] = []
    for i in 0..<rank {
        let (m, n) = (i < rank - a.count ? 1 : a[i - rank + a.count], i < rank - b.count ? 1 : b[i - rank + b.count])
        guard m == n || m == 1 || n == 1 else { return nil }
        shape.append(m == 1 ? n : m)
    }
    return shape
}

/// e to the power of each element.
public func exp(_ x: Value) -> Value { .map(.exponential, x) }
/// e to the power of each element, less one; exact near zero.
public func expm1(_ x: Value) -> Value { .map(.exponentialMinusOne, x) }
/// Natural logarithm.
public func log(_ x: Value) -> Value { .map(.log, x) }
/// Square root.
public func sqrt(_ x: Value) -> Value { .map(.sqrt, x) }
/// One over the square root.
public func rsqrt(_ x: Value) -> Value { .map(.rsqrt, x) }
/// Hyperbolic tangent.
public func tanh(_ x: Value) -> Value { .map(.tanh, x) }
/// 1 / (1 + e⁻ˣ).
public func sigmoid(_ x: Value) -> Value { .map(.logistic, x) }
/// Sine, of radians.
public func sin(_ x: Value) -> Value { .map(.sine, x) }
/// Cosine, of radians.
public func cos(_ x: Value) -> Value { .map(.cosine, x) }
/// Absolute value.
public func abs(_ x: Value) -> Value { .map(.abs, x) }
/// The error function.
public func erf(_ x: Value) -> Value { .map(.errorFunction, x) }
/// The largest whole number that is not greater.
public func floor(_ x: Value) -> Value { .map(.floor, x) }
/// The greater of two, elementwise. Where both are equal the gradient goes to the first.
public func max(_ a: Value, _ b: Value) -> Value { .zip(.maximum, a, b) }
/// The smaller of two, elementwise. Where both are equal the gradient goes to the first.
public func min(_ a: Value, _ b: Value) -> Value { .zip(.minimum, a, b) }
/// a to the power of b, elementwise.
public func pow(_ a: Value, _ b: Value) -> Value { .zip(.power, a, b) }

/// Elements of `a` where the condition holds, of `b` elsewhere; all three broadcast.
public func select(_ condition: Value, _ a: Value, _ b: Value) -> Value {
    guard let ab = broadcastShape(a.shape, b.shape), let shape = broadcastShape(condition.shape, ab) else {
        return Value.add(Select(), [condition, a, b])[0]
    }
    return Value.add(Select(), [condition, a, b].map { $0.broadcast(to: shape) })[0]
}

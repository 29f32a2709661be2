/// A statement of a template, or text between statements.
indirect enum TemplateNode: Sendable {
    case text(String)
    case output(TemplateExpression, line: Int)
    case conditional([(condition: TemplateExpression, body: [TemplateNode])], otherwise: [TemplateNode], line: Int)
    case loop(TemplateLoop, line: Int)
    case set(TemplateTarget, TemplateExpression, line: Int)
    /// What the body renders to becomes the value.
    case capture(TemplateTarget, body: [TemplateNode], line: Int)
    case leaveLoop
    case continueLoop
}

/// `{% for names in sequence if condition %} body {% else %} otherwise {% endfor %}`
struct TemplateLoop: Sendable {
    var names: [String]
    var sequence: TemplateExpression
    var condition: TemplateExpression?
    var body: [TemplateNode]
    var otherwise: [TemplateNode]
}

/// What `set` gives a value: names, or an attribute of a namespace.
enum TemplateTarget: Sendable {
    case names([String])
    case attribute(of: String, String)
}

/// An expression of a template.
indirect enum TemplateExpression: Sendable {
    case literal(TemplateValue)
    case name(String)
    case list([TemplateExpression])
    case dictionary([(key: TemplateExpression, value: TemplateExpression)])
    case attribute(TemplateExpression, String)
    case item(TemplateExpression, TemplateExpression)
    case slice(TemplateExpression, from: TemplateExpression?, to: TemplateExpression?, step: TemplateExpression?)
    case call(TemplateExpression, TemplateArguments)
    case filter(TemplateExpression, TemplateFilter, TemplateArguments)
    case test(TemplateExpression, TemplateTest, [TemplateExpression])
    case not(TemplateExpression)
    case negative(TemplateExpression)
    case binary(TemplateOperator, TemplateExpression, TemplateExpression)
    /// Each operand is compared with the next; all must hold.
    case comparison(TemplateExpression, [(TemplateOperator, TemplateExpression)])
    case choice(condition: TemplateExpression, TemplateExpression, otherwise: TemplateExpression?)
}

/// The arguments of a call, a filter or a test.
struct TemplateArguments: Sendable {
    var positional: [TemplateExpression] = []
    var named: [(name: String, value: TemplateExpression)] = []
}

enum TemplateOperator: String, Sendable {
    case or, and
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case within = "in"
    case notWithin = "not in"
    case add = "+"
    case subtract = "-"
    case concatenate = "~"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case remainder = "%"
    case power = "**"
}

/// The filters that are known, by their names in templates.
enum TemplateFilter: String, Sendable {
    case trim, tojson, length, count, upper, lower, `default`, d, join, first, last, list, string, int, float, replace, capitalize, title
    case items, safe, map, selectattr, rejectattr, reverse, indent, abs, unique
}

/// The tests that are known, by their names in templates.
enum TemplateTest: String, Sendable {
    case defined, undefined, none, boolean, `true`, `false`, string, number, integer, float, mapping, iterable, sequence, callable
    case even, odd, eq, equalto, ne, `in`, divisibleby
}

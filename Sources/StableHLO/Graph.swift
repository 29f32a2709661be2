import PJRT

/// A program under construction: operations in the order in which they were made.
///
/// Values remember the graph that they belong to, so there is no global state. A graph is built once, on one thread, and
/// then written as StableHLO. A mistake in shapes does not stop the building code: the first one is kept, with its place, and thrown
/// when the program is made.
public final class Graph {
    /// One operation with its operands.
    struct Node {
        var operation: any Operation
        var operands: [ValueID]
        var types: [TensorType]
        let location: SourceLocation?
        let scope: String
    }

    /// The name of a value within its graph.
    struct ValueID: Hashable {
        let node: Int
        let result: Int
    }

    var nodes: [Node] = []
    /// Parameters in order.
    var parameters: [ValueID] = []
    /// Names of the parameters; empty in a body.
    var parameterNames: [String] = []
    /// Results in order, set when the graph is finished.
    var outputs: [ValueID] = []
    /// For the body of a scan or a checkpoint: the graph around it.
    let parent: Graph?
    /// Values of the graphs around this body that it uses: the value outside, and the parameter that stands for it here.
    private(set) var captures: [(outer: Value, inner: ValueID)] = []
    private var scopes: [String] = []
    private var firstFailure: GraphError?

    /// An empty graph.
    public convenience init() { self.init(parent: nil) }

    init(parent: Graph?) {
        self.parent = parent
        scopes = parent?.scopes ?? []
    }

    var depth: Int { (parent?.depth ?? -1) + 1 }
    private var root: Graph { parent?.root ?? self }

    /// The first mistake made while building, if any.
    public internal(set) var failure: GraphError? {
        get { root.firstFailure }
        set { root.firstFailure = newValue }
    }

    /// Adds a parameter of the program.
    public func parameter(_ name: String, _ shape: [Int], _ element: ElementType) -> Value {
        parameterNames.append(name)
        return addParameter(TensorType(shape, element))
    }

    func addParameter(_ type: TensorType) -> Value {
        let value = add(Parameter(index: parameters.count, type: type), [])[0]
        parameters.append(value.id)
        return value
    }

    /// Names what is built inside `body`, for profiles and messages: `blocks/attention`.
    public func scope<Result>(_ name: String, _ body: () -> Result) -> Result {
        scopes.append(name)
        defer { scopes.removeLast() }
        return body()
    }

    /// Adds an operation and returns its results. On a mistake the results have a guessed type, so that building goes on.
    func add(
        _ operation: any Operation, _ operands: [Value], _ file: StaticString? = nil, _ line: UInt = 0
    ) -> [Value] {
        let operands = operands.map(imported)
        let location = file.map { SourceLocation(file: $0, line: line) }
        let scope = scopes.joined(separator: "/")
        var types: [TensorType]
        do throws(ShapeError) {
            types = try operation.resultTypes(operands.map(\.type))
        } catch {
            fail("\(operation.name): \(error.message)", operands, location, scope)
            types = [operands.first?.type ?? TensorType([], .f32)]
        }
        nodes.append(Node(operation: operation, operands: operands.map(\.id), types: types, location: location, scope: scope))
        return types.indices.map { Value(graph: self, id: ValueID(node: nodes.count - 1, result: $0), type: types[$0]) }
    }

    private func fail(_ message: String, _ operands: [Value], _ location: SourceLocation?, _ scope: String) {
        guard failure == nil else { return }
        var place = [location?.description ?? "", scope.isEmpty ? "" : "in \(scope)"].filter { !$0.isEmpty }.joined(separator: " ")
        if location == nil {
            // An operator cannot know its line, but its operands may know theirs.
            let origins = operands.compactMap { $0.graph.nodes[$0.id.node].location?.description }
            if !origins.isEmpty { place += (place.isEmpty ? "" : ", ") + "operands made at " + origins.joined(separator: " and ") }
        }
        failure = GraphError(message: message, location: place)
    }

    /// Records a mistake that no shape rule sees, such as a wrong number of results.
    func fail(_ message: String, _ file: StaticString? = nil, _ line: UInt = 0) {
        fail(message, [], file.map { SourceLocation(file: $0, line: line) }, scopes.joined(separator: "/"))
    }

    /// The value as this graph sees it: itself, or the parameter that captures it from a graph around this one.
    func imported(_ value: Value) -> Value {
        if value.graph === self { return value }
        if let known = captured(value) { return known }
        guard let parent else {
            fail("a value of another graph is used here", [value], nil, scopes.joined(separator: "/"))
            return addParameter(value.type)
        }
        let outer = parent.imported(value)
        if let known = captured(outer) { return known }
        let inner = addParameter(outer.type)
        captures.append((outer, inner.id))
        return inner
    }

    /// The parameter that already stands for a value of a graph around this one, if there is one.
    func captured(_ value: Value) -> Value? {
        if value.graph === self { return value }
        guard let parent else { return nil }
        guard let outer = parent.captured(value) else { return nil }
        return captures.first { $0.outer == outer }.map { self.value($0.inner) }
    }

    func value(_ id: ValueID) -> Value { Value(graph: self, id: id, type: nodes[id.node].types[id.result]) }

    /// A deep copy of a body: it shares no mutable state with this one.
    func copy() -> Graph {
        let copy = Graph(parent: parent)
        copy.nodes = nodes.map { node in
            var node = node
            node.operation = node.operation.copy()
            return node
        }
        copy.parameters = parameters
        copy.outputs = outputs
        copy.captures = captures
        return copy
    }
}

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

        /// The operands that the operation's text reads.
        var read: ArraySlice<ValueID> { operation.isAlias ? operands.prefix(1) : operands[...] }
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
    public func parameter(
        _ name: String, _ shape: [Int], _ element: ElementType, _ file: StaticString = #fileID, _ line: UInt = #line
    ) -> Value {
        parameterNames.append(name)
        return addParameter(TensorType(shape, element), SourceLocation(file: file, line: line))
    }

    func addParameter(_ type: TensorType, _ location: SourceLocation? = nil) -> Value {
        let value = add(Parameter(index: parameters.count, type: type), [], location)[0]
        parameters.append(value.id)
        return value
    }

    /// Names what is built inside `body`, for profiles and messages: `blocks/attention`.
    public func scope<Result>(_ name: String, _ body: () -> Result) -> Result {
        scopes.append(name)
        defer { scopes.removeLast() }
        return body()
    }

    /// Runs `body` with another scope in place of the present one.
    func scope<Result>(exactly name: String, _ body: () -> Result) -> Result {
        let present = scopes
        scopes = name.isEmpty ? [] : [name]
        defer { scopes = present }
        return body()
    }

    /// Finishes a body. Captured values that nothing uses are dropped.
    func finish(_ results: [Value]) {
        outputs = results.map { imported($0).id }
        let used = Set(nodes.flatMap(\.operands) + outputs)
        captures.removeAll { !used.contains($0.inner) }
    }

    /// Adds an operation and returns its results. On a mistake the results have a guessed type, so that building goes on.
    func add(
        _ operation: any Operation, _ operands: [Value], _ location: SourceLocation? = nil
    ) -> [Value] {
        let operands = operands.map(imported)
        let scope = scopes.joined(separator: "/")
        var types: [TensorType]
        do throws(ShapeError) {
            types = try operation.resultTypes(operands.map(\.type))
        } catch {
            fail("\(operation.name): \(error.message)", operands, location)
            types = [error.guess ?? operands.first?.type ?? TensorType([], .f32)]
        }
        nodes.append(Node(operation: operation, operands: operands.map(\.id), types: types, location: location, scope: scope))
        return types.indices.map { Value(graph: self, id: ValueID(node: nodes.count - 1, result: $0), type: types[$0]) }
    }

    private func fail(_ message: String, _ operands: [Value], _ location: SourceLocation?) {
        guard failure == nil else { return }
        // An operator cannot know its line, but its operands may know theirs.
        let origins = location == nil ? operands.compactMap { $0.graph.origin(of: $0.id)?.description } : []
        let scope = scopes.joined(separator: "/")
        let place = [
            location?.description ?? "", scope.isEmpty ? "" : "in \(scope)",
            origins.isEmpty ? "" : "with operands from " + origins.joined(separator: " and "),
        ]
        failure = GraphError(message: message, location: place.filter { !$0.isEmpty }.joined(separator: " "))
    }

    /// Records a mistake that no shape rule sees, such as a wrong number of results.
    func fail(_ message: String, _ file: StaticString? = nil, _ line: UInt = 0) {
        fail(message, [], file.map { SourceLocation(file: $0, line: line) })
    }

    /// The place that a value comes from, as near as it is known.
    private func origin(of id: ValueID) -> SourceLocation? {
        var id = id
        while nodes[id.node].location == nil, let first = nodes[id.node].operands.first { id = first }
        return nodes[id.node].location
    }

    /// The value as this graph sees it: itself, or the parameter that captures it from a graph around this one.
    func imported(_ value: Value) -> Value {
        if value.graph === self { return value }
        if let known = captured(value) { return known }
        guard let parent else {
            fail("a \(value.type) of another graph, or of a body that is finished, is used here", [value], nil)
            return addParameter(value.type)
        }
        let outer = parent.imported(value)
        if let known = captured(outer) { return known }
        let inner = addParameter(outer.type, parent.origin(of: outer.id))
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

    /// A constant of zeros.
    func zeros(_ type: TensorType) -> Value { constant(0, type.element, shape: type.shape) }

    /// A copy of a body's first nodes, to be changed: the body of an operation stays as it is from when the operation is added.
    func copy(nodes count: Int) -> Graph {
        let copy = Graph(parent: parent)
        copy.nodes = Array(nodes.prefix(count))
        copy.parameters = parameters.filter { $0.node < count }
        copy.outputs = outputs
        copy.captures = captures
        return copy
    }
}

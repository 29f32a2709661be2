import PJRT

/// Rows of a table by index: operands [V, …] and indices of any shape; result [indices…, …].
struct TakeRows: Operation {
    var name: String { "gather" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let (table, indices) = (operands[0], operands[1])
        let result = TensorType(indices.shape + table.shape.dropFirst(), table.element)
        guard table.rank >= 1, areRowNumbers(indices) else { throw ShapeError("\(indices) does not index rows of \(table)", guess: result) }
        return [result]
    }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        let (table, indices) = (writer.type(of: node.operands[0]), writer.type(of: node.operands[1]))
        let offsets = (1..<max(table.rank, 1)).map { indices.rank + $0 - 1 }
        let numbers =
            "#stablehlo.gather<offset_dims = \(offsets), collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = \(indices.rank)>"
        return writer.emit(
            "stablehlo.gather", operands,
            attributes: "dimension_numbers = \(numbers), slice_sizes = \(mlir([1] + table.shape.dropFirst())), indices_are_sorted = false",
            node)
    }

    func pullback(_ c: Pullback) -> [Value?] {
        [c.graph.zeros(c.x.type).adding(c.cotangent, toRows: c.operands[1]), nil]
    }
}

/// A table with rows added to it by index; an index may come more than once. Operands: table [V, …], indices, updates [indices…, …].
struct AddRows: Operation {
    var name: String { "scatter" }

    func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let (table, indices, updates) = (operands[0], operands[1], operands[2])
        guard table.rank >= 1, areRowNumbers(indices), updates == TensorType(indices.shape + table.shape.dropFirst(), table.element) else {
            throw ShapeError("\(updates) at \(indices) does not add to rows of \(table)")
        }
        return [table]
    }

    func write(_ node: Graph.Node, operands: [String], to writer: inout ProgramWriter) -> [String] {
        let (table, indices) = (writer.type(of: node.operands[0]), writer.type(of: node.operands[1]))
        let windows = (1..<max(table.rank, 1)).map { indices.rank + $0 - 1 }
        let numbers =
            "#stablehlo.scatter<update_window_dims = \(windows), inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], "
            + "index_vector_dim = \(indices.rank)>"
        return writer.emit(
            "stablehlo.scatter", operands,
            attributes: "scatter_dimension_numbers = \(numbers), indices_are_sorted = false, unique_indices = false",
            region: .combining(with: "add", TensorType([], table.element)), node)
    }

    func pullback(_ c: Pullback) -> [Value?] { [c.cotangent, nil, c.cotangent.rows(c.operands[1])] }
}

private func areRowNumbers(_ type: TensorType) -> Bool { !type.element.isFloatingPoint && type.element != .bool }

extension Value {
    /// Rows of this table [V, …] by index; the result is [indices…, …]. Indices must be within the table: XLA clamps them.
    public func rows(_ indices: Value, _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        Value.add(TakeRows(), [self, indices], file, line)[0]
    }

    /// This table [V, …] with `updates` [indices…, …] added to the rows that the indices name; rows named twice get both.
    public func adding(_ updates: Value, toRows indices: Value, _ file: StaticString = #fileID, _ line: UInt = #line) -> Value {
        Value.add(AddRows(), [self, indices, updates], file, line)[0]
    }
}

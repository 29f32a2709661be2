import PJRT

/// Numbers of a mapped tensor seen as a matrix, whole or a part of it, perhaps with rows and columns swapped. Nothing is copied until
/// rows are.
struct MatrixView {
    let tensor: SafetensorsTensor
    let elementType: ElementType
    private(set) var rows: Int
    private(set) var columns: Int
    /// The place of the first element, and the distances of neighbours, in elements of the tensor.
    private var offset = 0
    private var rowStride: Int
    private var columnStride = 1

    /// The whole tensor: its last dimension is the columns; a vector is one column.
    init(_ tensor: SafetensorsTensor, _ elementType: ElementType) {
        self.tensor = tensor
        self.elementType = elementType
        columns = tensor.shape.count < 2 ? 1 : tensor.shape[tensor.shape.count - 1]
        rows = columns == 0 ? 0 : tensor.description.elementCount / columns
        rowStride = columns
    }

    /// The same with rows and columns swapped.
    var transposed: MatrixView {
        var view = self
        (view.rows, view.columns) = (columns, rows)
        (view.rowStride, view.columnStride) = (columnStride, rowStride)
        return view
    }

    /// Some of the rows.
    subscript(range: Range<Int>) -> MatrixView {
        var view = self
        view.rows = range.count
        view.offset += range.lowerBound * rowStride
        return view
    }

    /// Shows the elements where they are, row by row, if they stand like that in the file; nil where they do not.
    func withContiguousBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result? {
        guard columnStride == 1, rowStride == columns else { return nil }
        let size = elementType.byteCount
        return try tensor.withBytes { try body(UnsafeRawBufferPointer(rebasing: $0[(offset * size)..<((offset + rows * columns) * size)])) }
    }

    /// Copies the elements to memory whose rows begin `pitch` elements apart.
    func copy(to memory: UnsafeMutableRawPointer, pitch: Int) {
        tensor.withBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            if elementType.byteCount == 2 {
                copy(UInt16.self, base, memory, pitch)
            } else {
                copy(UInt32.self, base, memory, pitch)
            }
        }
    }

    private func copy<Element: FixedWidthInteger>(
        _ type: Element.Type, _ base: UnsafeRawPointer, _ memory: UnsafeMutableRawPointer, _ pitch: Int
    ) {
        let size = MemoryLayout<Element>.size
        if columnStride == 1 {
            for row in 0..<rows {
                (memory + row * pitch * size).copyMemory(from: base + (offset + row * rowStride) * size, byteCount: columns * size)
            }
            return
        }
        // The inner loop runs along the file; a strip of few rows keeps what it writes to in the cache.
        for column in 0..<columns {
            let source = base + (offset + column * columnStride) * size
            let destination = memory + column * size
            for row in 0..<rows {
                let element = source.loadUnaligned(fromByteOffset: row * rowStride * size, as: Element.self)
                destination.storeBytes(of: element, toByteOffset: row * pitch * size, as: Element.self)
            }
        }
    }
}

/// Gives the elements of views side by side, row by row, converted to a type, in pieces of about a megabyte.
func appendElements(of views: [MatrixView], as type: ElementType, to append: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard let first = views.first, first.rows > 0 else { return }
    let source = first.elementType
    if views.count == 1, source == type, try first.withContiguousBytes(append) != nil { return }
    let width = views.reduce(0) { $0 + $1.columns }
    let height = max(1, (1 << 18) / max(width, 1))
    let gathered = UnsafeMutableRawBufferPointer.allocate(byteCount: height * width * source.byteCount, alignment: 64)
    let converted = UnsafeMutableRawBufferPointer.allocate(byteCount: height * width * type.byteCount, alignment: 64)
    defer {
        gathered.deallocate()
        converted.deallocate()
    }
    guard let memory = gathered.baseAddress else { return }
    for start in stride(from: 0, to: first.rows, by: height) {
        let rows = start..<min(start + height, first.rows)
        var column = 0
        for view in views {
            view[rows].copy(to: memory + column * source.byteCount, pitch: width)
            column += view.columns
        }
        let count = rows.count * width
        let result = UnsafeMutableRawBufferPointer(rebasing: converted[..<(count * type.byteCount)])
        FloatConversion.convert(
            UnsafeRawBufferPointer(rebasing: gathered[..<(count * source.byteCount)]), from: source, to: result, as: type)
        try append(UnsafeRawBufferPointer(result))
    }
}

import ArgonneModels

/// A tensor as a layout stores it: one of the model's own weights under some name, or several of them as one tensor.
struct StoredTensor: Equatable {
    /// The name in the file.
    let name: String
    /// The model's own names of the weights that it holds, one below the other.
    var parts: [String]
    /// Whether rows and columns are swapped after that, as GPT-2's linear layers have them: [inputs, outputs].
    let isTransposed: Bool
    /// The sizes of the dimensions.
    var shape: [Int]

    /// One weight.
    init(_ name: String, holding part: String, shape: [Int], isTransposed: Bool = false) {
        self.name = name
        parts = [part]
        self.isTransposed = isTransposed
        self.shape = isTransposed ? shape.reversed() : shape
    }

    /// Appends the parts of another tensor of the same name.
    mutating func append(_ other: StoredTensor) {
        parts += other.parts
        let dimension = isTransposed ? shape.count - 1 : 0
        shape[dimension] += other.shape[dimension]
    }
}

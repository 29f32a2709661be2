/// What a backward pass finds kept from the forward pass; the rest it computes again.
public enum Recomputation: String, Sendable, CaseIterable, Codable {
    /// Everything that the backward pass reads is kept.
    case none
    /// Everything is kept but elementwise results: within the loop that reads them they take less time to compute than to store and load.
    case elementwise
    /// Results of matrix products, of kernels and of communication are kept.
    case dots
    /// Only the inputs of each block are kept.
    case block

    func keeps(_ operation: any Operation) -> Bool {
        switch self {
        case .none: operation.cost > .view
        case .elementwise: operation.cost > .elementwise
        case .dots: operation.cost == .product
        case .block: false
        }
    }
}

/// Classes of operations by what a result costs to compute a second time.
enum OperationCost: Comparable {
    /// Nothing: constants, and the same elements in another shape.
    case view
    /// A few instructions an element, in the loop of what reads it.
    case elementwise
    /// A loop of its own.
    case reduction
    /// A matrix product, a custom call or communication.
    case product
}

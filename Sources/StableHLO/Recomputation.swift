/// What a backward pass finds kept from the forward pass; the rest it computes again.
public enum Recomputation: String, Sendable, CaseIterable, Codable {
    /// Everything that the backward pass reads is kept: fastest, most memory.
    case none
    /// Results of matrix products and of custom calls are kept.
    case dots
    /// Only the inputs of each block are kept.
    case block

    func keeps(_ operation: any Operation) -> Bool {
        switch self {
        case .none: !operation.isCheap
        case .dots: operation.isProduct
        case .block: false
        }
    }
}

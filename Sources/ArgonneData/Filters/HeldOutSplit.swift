import Checksums

/// Divides a corpus by its documents' hashes, so that a document is on the same side in whatever shard and order it is met, and copies of it
/// are too.
public struct HeldOutSplit: Sendable, Equatable, Codable {
    /// A side of the split.
    public enum Side: String, Sendable, Codable {
        /// What is trained on.
        case training
        /// What is held out for evaluation.
        case heldOut = "held_out"
    }

    /// The share of documents that is held out.
    public var share: Double
    /// The side that is read.
    public var side: Side

    /// Nothing held out, everything trained on.
    public static let none = HeldOutSplit(share: 0, side: .training)

    /// A side of a split.
    public init(share: Double, side: Side) {
        self.share = share
        self.side = side
    }

    /// The hash that decides a document's side.
    static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 { XXH64.digest(UnsafeRawBufferPointer(text)) }

    /// Whether a document with this hash is read.
    func includes(_ hash: UInt64) -> Bool {
        // The hash as a number in 0..<1, exact in its 53 upper bits.
        let isHeldOut = Double(hash >> 11) * 0x1p-53 < share
        return isHeldOut == (side == .heldOut)
    }
}

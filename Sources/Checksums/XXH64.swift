/// The 64-bit xxHash, fed piece by piece: several gigabytes a second, for finding damaged or truncated files.
///
/// It resists accidents, not attackers; where someone might forge a collision use `SHA256`.
/// The algorithm is the public specification at https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
public struct XXH64: Sendable {
    private static let prime1: UInt64 = 0x9e37_79b1_85eb_ca87
    private static let prime2: UInt64 = 0xc2b2_ae3d_27d4_eb4f
    private static let prime3: UInt64 = 0x1656_67b1_9e37_79f9
    private static let prime4: UInt64 = 0x85eb_ca77_c2b2_ae63
    private static let prime5: UInt64 = 0x27d4_eb2f_1656_67c5

    private let seed: UInt64
    private var lanes: (UInt64, UInt64, UInt64, UInt64)
    private var partial = PartialBlock<32>()

    /// The hash of nothing yet; another seed gives an unrelated hash function.
    public init(seed: UInt64 = 0) {
        self.seed = seed
        lanes = (seed &+ Self.prime1 &+ Self.prime2, seed &+ Self.prime2, seed, seed &- Self.prime1)
    }

    /// Adds bytes to what is hashed.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var (a, b, c, d) = lanes
        partial.feed(bytes) { stripes in
            for start in stride(from: 0, to: stripes.count, by: 32) {
                a = Self.round(a, stripes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
                b = Self.round(b, stripes.loadUnaligned(fromByteOffset: start &+ 8, as: UInt64.self))
                c = Self.round(c, stripes.loadUnaligned(fromByteOffset: start &+ 16, as: UInt64.self))
                d = Self.round(d, stripes.loadUnaligned(fromByteOffset: start &+ 24, as: UInt64.self))
            }
        }
        lanes = (a, b, c, d)
    }

    /// Adds bytes to what is hashed.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Adds the UTF-8 bytes of a string.
    public mutating func update(utf8 string: String) {
        var string = string
        string.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// The hash of everything added so far. More may be added afterwards.
    public func digest() -> UInt64 {
        var hash: UInt64
        if partial.total >= 32 {
            hash = Self.rotate(lanes.0, 1) &+ Self.rotate(lanes.1, 7) &+ Self.rotate(lanes.2, 12) &+ Self.rotate(lanes.3, 18)
            for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
                hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
            }
        } else {
            hash = seed &+ Self.prime5
        }
        hash &+= partial.total
        partial.withBytes { rest in
            var offset = 0
            while offset + 8 <= rest.count {
                let word = rest.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                hash = Self.rotate(hash ^ Self.round(0, word), 27) &* Self.prime1 &+ Self.prime4
                offset += 8
            }
            if offset + 4 <= rest.count {
                let word = UInt64(UInt32(littleEndian: rest.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                hash = Self.rotate(hash ^ (word &* Self.prime1), 23) &* Self.prime2 &+ Self.prime3
                offset += 4
            }
            for byte in rest[offset...] {
                hash = Self.rotate(hash ^ (UInt64(byte) &* Self.prime5), 11) &* Self.prime1
            }
        }
        hash = (hash ^ (hash >> 33)) &* Self.prime2
        hash = (hash ^ (hash >> 29)) &* Self.prime3
        return hash ^ (hash >> 32)
    }

    /// `digest()` as 16 lower-case hexadecimal digits, the way `xxhsum` prints it.
    public func hexDigest() -> String {
        let hash = digest()
        return hexadecimal((0..<8).map { UInt8(truncatingIfNeeded: hash >> (56 - 8 * $0)) })
    }

    /// The hash of one piece of memory.
    public static func digest(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var hash = XXH64(seed: seed)
        hash.update(bytes)
        return hash.digest()
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ UInt64(littleEndian: word) &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ x: UInt64, _ n: UInt64) -> UInt64 { (x &<< n) | (x &>> (64 &- n)) }
}

/// SipHash-2-4 with a result of 128 bits (Aumasson and Bernstein 2012), word by word.
///
/// The conservative parameters of the paper, not the 1-3 of hash tables: a collision in a table costs time, one in a cache
/// key gives somebody the answer to another question.
struct SipHash: Sendable {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    @inline(__always)
    init(_ secret: CacheSecret) {
        v0 = secret.low ^ 0x736f_6d65_7073_6575
        v1 = secret.high ^ 0x646f_7261_6e64_6f6d ^ 0xEE
        v2 = secret.low ^ 0x6c79_6765_6e65_7261
        v3 = secret.high ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v1 = v1 << 13 | v1 >> 51
        v1 ^= v0
        v0 = v0 << 32 | v0 >> 32
        v2 &+= v3
        v3 = v3 << 16 | v3 >> 48
        v3 ^= v2
        v0 &+= v3
        v3 = v3 << 21 | v3 >> 43
        v3 ^= v0
        v2 &+= v1
        v1 = v1 << 17 | v1 >> 47
        v1 ^= v2
        v2 = v2 << 32 | v2 >> 32
    }

    /// Takes the next eight bytes of the message.
    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    /// Takes the last bytes, fewer than eight and from the lowest on, and gives the hash of the whole message.
    mutating func finish(_ rest: UInt64 = 0, count: Int) -> CacheKey {
        absorb(rest | UInt64(truncatingIfNeeded: count) << 56)
        v2 ^= 0xEE
        for _ in 0..<4 { round() }
        let high = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xDD
        for _ in 0..<4 { round() }
        return CacheKey(high: high, low: v0 ^ v1 ^ v2 ^ v3)
    }
}

extension SipHash {
    /// Takes bytes in whole words and gives what is left of them, fewer than eight, from the lowest on.
    @inline(__always)
    mutating func absorb(_ bytes: Span<UInt8>) -> UInt64 {
        let raw = bytes.bytes
        var cursor = 0
        while cursor &+ 8 <= bytes.count {
            absorb(UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: cursor, as: UInt64.self)))
            cursor &+= 8
        }
        var rest: UInt64 = 0
        var shift: UInt64 = 0
        while cursor < bytes.count {
            rest |= UInt64(bytes[cursor]) << shift
            shift &+= 8
            cursor &+= 1
        }
        return rest
    }

    /// The hash of one message.
    static func hash(_ message: Span<UInt8>, _ secret: CacheSecret) -> CacheKey {
        var state = SipHash(secret)
        let rest = state.absorb(message)
        return state.finish(rest, count: message.count)
    }
}

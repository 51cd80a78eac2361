import Crypto
import FoundationEssentials

/// A public key of Ed25519 (RFC 8032).
///
/// The curve has points of small order, for which one signature fits any message; BoringSSL takes them as keys, here they
/// are refused, and so is every second encoding of a point.
package struct VerifyingKey: Sendable, Hashable {
    static let byteCount = 32
    static let signatureByteCount = 64

    package let bytes: [UInt8]

    /// Takes the 32 bytes of a key.
    ///
    /// - Returns: nil for what is no key, or one that vouches for anything.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, Self.isCanonical(bytes), !Self.isSmallOrder(bytes) else { return nil }
        self.bytes = bytes
    }

    /// Takes the key in base64.
    ///
    /// - Returns: nil for what is no key, or one that vouches for anything.
    package init?(_ text: String) {
        guard let bytes = Base64.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// The key in base64.
    package var text: String { Base64.encode(bytes) }

    /// What names the key: the first 16 bytes of its SHA-256, in hexadecimal.
    package var id: String { fingerprint(16).hexadecimal }

    /// The first bytes of the key's SHA-256.
    func fingerprint(_ count: Int) -> [UInt8] { Array(SHA256.hash(data: bytes).prefix(count)) }

    /// Whether a signature is of this key and these bytes, and the only one of its form.
    package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureByteCount, !Self.isSmallOrder(Array(signature[..<32])),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        else { return false }
        // Asks for s below the order of the group, so that nobody makes a second signature from the first.
        return key.isValidSignature(signature, for: message)
    }

    // MARK: Points

    /// Whether y is below the field's prime, 2²⁵⁵ - 19; the top bit is the sign of x.
    private static func isCanonical(_ point: [UInt8]) -> Bool {
        guard point[31] & 0x7F == 0x7F, point[1..<31].allSatisfy({ $0 == 0xFF }) else { return true }
        return point[0] < 0xED
    }

    /// The y of the points of order 1, 2, 4 and 8, with those above the prime, least byte first.
    private static let smallOrders: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ]

    private static func isSmallOrder(_ point: [UInt8]) -> Bool {
        var y = point
        y[31] &= 0x7F
        return smallOrders.contains(y)
    }
}

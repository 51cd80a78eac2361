import FoundationEssentials
import HeddleSecurity

/// The hash under which a package of an index is known.
struct PackageDigest: Hashable, Sendable {
    /// The hashes that indexes and locks pin packages with; weaker ones are not taken.
    enum Algorithm: String, Sendable {
        case sha256
        case sha512

        /// The digits of one in hexadecimal.
        fileprivate var digits: Int { self == .sha256 ? 64 : 128 }
    }

    let algorithm: Algorithm
    /// In lower-case hexadecimal.
    let hex: String

    /// Takes hexadecimal digits; nil when they are not as many as the algorithm has.
    init?(_ algorithm: Algorithm, hex: String) {
        guard hex.utf8.count == algorithm.digits, hex.utf8.allSatisfy(Self.isDigit) else { return nil }
        self.algorithm = algorithm
        self.hex = hex.lowercased()
    }

    /// Takes the SHA-512 out of what npm calls the integrity of a package; nil when it names other hashes only.
    init?(integrity: String) {
        guard integrity.utf8.count <= 4096 else { return nil }
        let words = integrity.split(separator: " ").filter { $0.hasPrefix("sha512-") }
        // What follows a question mark is an option, of which none is known.
        let text = words.first.map { $0.dropFirst(7).prefix { $0 != "?" } }
        guard let text, let bytes = Data(base64Encoded: String(text)), bytes.count == 64 else { return nil }
        self.init(.sha512, hex: bytes.hexadecimal)
    }

    /// What the store calls it.
    var name: String { "\(algorithm.rawValue)-\(hex)" }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

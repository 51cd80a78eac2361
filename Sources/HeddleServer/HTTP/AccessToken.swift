import FoundationEssentials
import HeddleModel
import HeddleStore

/// The bearer token that opens every route but the health checks.
struct AccessToken: Sendable {
    private let bytes: [UInt8]
    private static let scheme = Array("bearer ".utf8)

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The configured token, else the one in the data directory, which is made at the first start.
    ///
    /// - Throws: ``HeddleError`` when it can be neither read nor written.
    static func load(configured: String, directory: DataDirectory) throws(HeddleError) -> AccessToken {
        guard configured.isEmpty else { return AccessToken(configured) }
        if let bytes = try? Data(contentsOf: URL(filePath: directory.path + "/token")) {
            let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
            if text.utf8.count >= 16 { return AccessToken(text) }
        }
        var generator = SystemRandomNumberGenerator()
        let text = (0..<4)
            .map { _ in
                let word = String(generator.next() as UInt64, radix: 16)
                return String(repeating: "0", count: 16 - word.count) + word
            }
            .joined()
        try directory.writeFile("token", Array(text.utf8), mode: 0o600)
        return AccessToken(text)
    }

    /// Whether an `Authorization` header carries the token; the time does not depend on where they differ.
    func accepts(_ header: String?) -> Bool {
        guard let given = header?.utf8, given.count == Self.scheme.count + bytes.count,
            zip(given, Self.scheme).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
        else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(given.dropFirst(Self.scheme.count), bytes) { difference |= one ^ other }
        return difference == 0
    }
}

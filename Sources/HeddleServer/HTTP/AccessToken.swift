import Crypto
import FoundationEssentials
import HeddleModel
import HeddleStore

/// The bearer token that opens every route but the health checks.
struct AccessToken: Sendable {
    private let digest: SHA256.Digest

    init(_ text: String) {
        digest = SHA256.hash(data: Data(text.utf8))
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
        guard let header, header.count > 7, header.prefix(7).lowercased() == "bearer " else { return false }
        return SHA256.hash(data: Data(header.dropFirst(7).utf8)) == digest
    }
}

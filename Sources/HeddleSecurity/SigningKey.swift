import Crypto
import FoundationEssentials
package import HeddleModel

/// A private key of Ed25519, with which a publisher signs packages.
package struct SigningKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    package let verifyingKey: VerifyingKey

    /// A new key.
    package init() {
        while true {
            let key = Curve25519.Signing.PrivateKey()
            if let verifyingKey = VerifyingKey(bytes: Array(key.publicKey.rawRepresentation)) {
                self.key = key
                self.verifyingKey = verifyingKey
                return
            }
        }
    }

    /// Takes the key as ``secret`` gives it.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when it is none; the text is not in it.
    package init(secret: String) throws(HeddleError) {
        guard let bytes = Base64.decode(secret), bytes.count == VerifyingKey.byteCount,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes),
            let verifyingKey = VerifyingKey(bytes: Array(key.publicKey.rawRepresentation))
        else { throw HeddleError(.invalidRequest, "a signing key is 32 bytes in base64") }
        self.key = key
        self.verifyingKey = verifyingKey
    }

    /// The key in base64, for a file that only its owner can read.
    package var secret: String { Base64.encode(Array(key.rawRepresentation)) }

    /// The signature of some bytes.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when the library refuses, which it has no reason to.
    package func signature(for message: [UInt8]) throws(HeddleError) -> [UInt8] {
        do {
            return Array(try key.signature(for: message))
        } catch {
            throw HeddleError(.internalError, "the signature cannot be made", cause: error)
        }
    }

    /// Signs what a package is.
    ///
    /// - Throws: ``HeddleError`` with `internalError`.
    package func sign(_ statement: PackageStatement) throws(HeddleError) -> PackageSignature {
        PackageSignature(
            keyID: verifyingKey.id,
            publicKey: verifyingKey,
            signature: try signature(for: statement.bytes)
        )
    }
}

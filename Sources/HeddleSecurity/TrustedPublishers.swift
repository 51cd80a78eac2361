package import HeddleModel

/// The publishers whom the operator trusts, with their keys.
package struct TrustedPublishers: Sendable, Hashable {
    private struct Key: Sendable, Hashable {
        let publisher: String
        let key: VerifyingKey
        /// Under which minisign knows it; nil when only the key was given, which any number may then stand for.
        let number: MinisignKeyNumber?
    }

    private static let mostKeys = 256
    private let keys: [Key]

    /// Nobody.
    package init() { keys = [] }

    /// Reads `publisher=key` entries of the configuration.
    ///
    /// A key is 32 bytes in base64, or the `RW…` line of a public key of minisign. One publisher may have several.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` and all entries that are wrong.
    package init(_ entries: [String]) throws(HeddleError) {
        var keys: [Key] = []
        var violations: [HeddleError.Violation] = []
        for (index, entry) in entries.enumerated() {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let publisher = Self.trimmed(parts[0])
            let fault: String?
            if parts.count < 2 || publisher.isEmpty {
                fault = "is not of the form publisher=key"
            } else if publisher.utf8.count > 100 || publisher.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                fault = "names a publisher in more than 100 bytes, or with control characters"
            } else if let (key, number) = Self.key(Self.trimmed(parts[1])) {
                let isTaken = keys.contains { $0.key == key }
                fault = isTaken ? "gives a key for the second time" : nil
                if !isTaken { keys.append(Key(publisher: publisher, key: key, number: number)) }
            } else {
                fault = "has no public key of Ed25519 in base64"
            }
            if let fault { violations.append(.init(path: "/\(index)", keyword: "format", message: fault)) }
        }
        if keys.count > Self.mostKeys {
            violations.append(.init(path: "", keyword: "maxItems", message: "has more than \(Self.mostKeys) keys"))
        }
        guard violations.isEmpty else {
            throw HeddleError(
                .invalidConfiguration,
                "the trusted publishers are not what they should be",
                breaking: Array(violations.prefix(100))
            )
        }
        self.keys = keys
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    private static func key(_ text: String) -> (VerifyingKey, MinisignKeyNumber?)? {
        guard let bytes = Base64.decode(text) else { return nil }
        if let key = VerifyingKey(bytes: bytes) { return (key, nil) }
        guard bytes.count == 42, bytes.starts(with: Array("Ed".utf8)),
            let key = VerifyingKey(bytes: Array(bytes[10...]))
        else { return nil }
        return (key, MinisignKeyNumber(bytes: Array(bytes[2..<10])))
    }

    // MARK: Verdicts

    /// What a `signature` section says of a package.
    ///
    /// - Throws: ``HeddleError`` with `integrityFailed` when it is of something else, or not of the key that it names.
    package func verdict(
        of signature: PackageSignature?,
        for statement: PackageStatement
    ) throws(HeddleError) -> SignatureVerdict {
        guard let signature else { return .absent }
        let known = keys.first { $0.key.id == signature.keyID }
        if let key = signature.publicKey, key.id != signature.keyID {
            throw Self.wrong("its 'key_id' is not of its 'public_key'", signature.keyID)
        }
        guard let key = known?.key ?? signature.publicKey else { return .unverifiable(key: signature.keyID) }
        guard key.isValid(signature.signature, for: statement.bytes) else {
            throw Self.wrong("it is not of this name, version and content", signature.keyID)
        }
        return known.map { .trusted(publisher: $0.publisher, key: key.id) } ?? .unknown(key: key.id)
    }

    /// What a minisign signature says of a file.
    ///
    /// - Parameters:
    ///   - signature: The content of the file beside it.
    ///   - message: What is signed of the file, in the form of the signature: all its bytes, or their hash.
    /// - Returns: Whose it is; `unverifiable` when it is of no trusted key, since such a file does not bring its key.
    /// - Throws: ``HeddleError`` with `integrityFailed` when it is of something else.
    func verdict(
        of signature: MinisignSignature,
        for message: [UInt8]
    ) throws(HeddleError) -> SignatureVerdict {
        let number = signature.keyNumber
        let commented = MinisignSignature.commented(signature.signature, signature.trustedComment)
        let candidates = keys.filter { $0.number == nil || $0.number == number }
        // The last line is short, and tells which of the keys it is before a large file is hashed for each.
        guard let key = candidates.first(where: { $0.key.isValid(signature.globalSignature, for: commented) }) else {
            guard !candidates.contains(where: { $0.number == number }) else {
                throw Self.wrong("its comment is not what was signed", number.description)
            }
            return .unverifiable(key: number.description)
        }
        guard key.key.isValid(signature.signature, for: message) else {
            throw Self.wrong("it is not of this file", number.description)
        }
        return .trusted(publisher: key.publisher, key: number.description)
    }

    private static func wrong(_ what: String, _ key: String) -> HeddleError {
        HeddleError(.integrityFailed, "the signature does not hold: \(what)", details: ["key_id": key.clipped(64)])
    }
}

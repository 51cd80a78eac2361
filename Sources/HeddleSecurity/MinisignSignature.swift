package import HeddleModel

/// A signature of a file as minisign writes it: four lines in a file beside it.
///
/// The second line is the signature of the file, or of its BLAKE2b hash; the last one of that and of the trusted comment.
package struct MinisignSignature: Sendable, Hashable {
    /// What of the file is signed.
    package enum Form: Sendable, Hashable {
        /// All its bytes (`Ed`), as before minisign 0.10.
        case whole
        /// Their BLAKE2b-512 (`ED`).
        case hashed
    }

    package let form: Form
    package let keyNumber: MinisignKeyNumber
    package let trustedComment: String
    let signature: [UInt8]
    let globalSignature: [UInt8]

    private static let longestFile = 16 << 10
    private static let untrustedPrefix = "untrusted comment: "
    private static let trustedPrefix = "trusted comment: "

    init(form: Form, keyNumber: MinisignKeyNumber, trustedComment: String, signature: [UInt8], globalSignature: [UInt8])
    {
        self.form = form
        self.keyNumber = keyNumber
        self.trustedComment = trustedComment
        self.signature = signature
        self.globalSignature = globalSignature
    }

    /// Reads the four lines.
    ///
    /// - Throws: ``HeddleError`` with `integrityFailed` when they are anything else.
    package init(parsing bytes: [UInt8]) throws(HeddleError) {
        guard bytes.count <= Self.longestFile, let text = String(validating: bytes, as: UTF8.self) else {
            throw Self.malformed("is not a text of four lines")
        }
        // By bytes: to a String, a carriage return and a line feed are one character.
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { line in String(line.last == 0x0D ? line.dropLast() : line) ?? "" }
        if lines.count == 5, lines[4].isEmpty { lines.removeLast() }
        guard lines.count == 4 else { throw Self.malformed("has not four lines") }
        guard lines[0].utf8.starts(with: Self.untrustedPrefix.utf8), lines[2].utf8.starts(with: Self.trustedPrefix.utf8)
        else {
            throw Self.malformed("lacks the comment on its first or third line")
        }
        guard let packed = Base64.decode(lines[1]), packed.count == 74, packed[0] == UInt8(ascii: "E") else {
            throw Self.malformed("has no Ed25519 signature on its second line")
        }
        switch packed[1] {
        case UInt8(ascii: "d"): form = .whole
        case UInt8(ascii: "D"): form = .hashed
        default: throw Self.malformed("has no Ed25519 signature on its second line")
        }
        guard let global = Base64.decode(lines[3]), global.count == VerifyingKey.signatureByteCount else {
            throw Self.malformed("has no signature of its comment on its fourth line")
        }
        keyNumber = MinisignKeyNumber(bytes: Array(packed[2..<10]))
        signature = Array(packed[10...])
        globalSignature = global
        trustedComment = String(lines[2].utf8.dropFirst(Self.trustedPrefix.utf8.count)) ?? ""
    }

    /// The four lines.
    package var text: String {
        let algorithm = Array((form == .whole ? "Ed" : "ED").utf8)
        return """
            \(Self.untrustedPrefix)signature of key \(keyNumber)
            \(Base64.encode(algorithm + keyNumber.bytes + signature))
            \(Self.trustedPrefix)\(trustedComment)
            \(Base64.encode(globalSignature))

            """
    }

    /// What the last line signs.
    static func commented(_ signature: [UInt8], _ comment: String) -> [UInt8] { signature + comment.utf8 }

    private static func malformed(_ what: String) -> HeddleError {
        HeddleError(.integrityFailed, "the signature file \(what)")
    }
}

/// The eight bytes that minisign knows a key by, whatever the key is.
package struct MinisignKeyNumber: Sendable, Hashable, CustomStringConvertible {
    let bytes: [UInt8]

    /// As minisign shows it.
    package var description: String { bytes.reversed().hexadecimal.uppercased() }
}

extension SigningKey {
    private static let longestComment = 8192

    /// The number that minisign shows for this key: the first of the bytes in its id.
    package var minisignNumber: MinisignKeyNumber {
        MinisignKeyNumber(bytes: verifyingKey.fingerprint(8))
    }

    /// The key as minisign takes it: the file given with `-p`.
    package var minisignPublicKey: String {
        let packed = Array("Ed".utf8) + minisignNumber.bytes + verifyingKey.bytes
        return "untrusted comment: minisign public key \(minisignNumber)\n\(Base64.encode(packed))\n"
    }

    /// Signs the bytes of a file.
    ///
    /// - Parameters:
    ///   - file: The bytes.
    ///   - comment: What the signature also vouches for; one line.
    /// - Returns: The content of the file beside it.
    /// - Throws: ``HeddleError`` with `invalidRequest` when the comment is none.
    package func minisign(_ file: [UInt8], comment: String) throws(HeddleError) -> MinisignSignature {
        try minisign(hash: BLAKE2b.hash(file), comment: comment)
    }

    func minisign(hash: [UInt8], comment: String) throws(HeddleError) -> MinisignSignature {
        guard comment.utf8.count <= Self.longestComment, !comment.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else {
            throw HeddleError(.invalidRequest, "the comment of a signature is one line of at most 8 KB")
        }
        let signature = try signature(for: hash)
        return MinisignSignature(
            form: .hashed,
            keyNumber: minisignNumber,
            trustedComment: comment,
            signature: signature,
            globalSignature: try self.signature(for: MinisignSignature.commented(signature, comment))
        )
    }
}

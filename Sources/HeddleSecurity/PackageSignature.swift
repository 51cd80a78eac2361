package import HeddleModel
package import JSON

/// The `signature` section: somebody's signature of a ``PackageStatement``.
package struct PackageSignature: Sendable, Hashable {
    /// The ``VerifyingKey/id`` of the key.
    package let keyID: String
    /// The key itself, for those that do not have it.
    package let publicKey: VerifyingKey?
    package let signature: [UInt8]

    package init(keyID: String, publicKey: VerifyingKey?, signature: [UInt8]) {
        self.keyID = keyID
        self.publicKey = publicKey
        self.signature = signature
    }
}

extension PackageSignature {
    /// The wire form.
    package static let schema = OwnSchema(
        "Signature",
        Shape.object(
            required: [
                "algorithm": Shape.choice(["ed25519"]),
                "key_id": Shape.matching("^[0-9a-f]{32}$", "the first 16 bytes of the key's SHA-256 in hexadecimal"),
                "signature": Shape.matching("^[A-Za-z0-9+/]{86}==$", "64 bytes in base64"),
            ],
            optional: ["public_key": Shape.matching("^[A-Za-z0-9+/]{43}=$", "32 bytes in base64")]
        )
    )

    /// Reads the wire form, which satisfies the schema.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when a text stands for no signature or no key.
    package init(_ fields: JSONFields) throws(HeddleError) {
        guard try fields.string("algorithm") == "ed25519" else {
            throw fields.error("'algorithm' is 'ed25519'")
        }
        keyID = try fields.string("key_id")
        guard let signature = Base64.decode(try fields.string("signature")),
            signature.count == VerifyingKey.signatureByteCount
        else { throw fields.error("'signature' is 64 bytes in base64") }
        self.signature = signature
        publicKey = try fields.stringIfPresent("public_key")
            .map { text throws(HeddleError) in
                guard let key = VerifyingKey(text) else { throw fields.error("'public_key' is no key of Ed25519") }
                return key
            }
    }

    /// The wire form.
    package var value: JSONValue {
        [
            "algorithm": "ed25519", "key_id": .string(keyID),
            "public_key": publicKey.map { .string($0.text) } ?? .null,
            "signature": .string(Base64.encode(signature)),
        ]
    }
}

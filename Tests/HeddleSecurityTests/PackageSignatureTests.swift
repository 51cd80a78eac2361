import HeddleModel
import JSON
import Testing

@testable import HeddleSecurity

@Suite("The signature of a package")
struct PackageSignatureTests {
    private let key = SigningKey()

    private static func statement(
        _ name: String = "weather",
        _ version: String = "1.2.3",
        _ digit: String = "a"
    ) throws -> PackageStatement {
        try PackageStatement(
            name: ExtensionName(name),
            version: SemanticVersion(version),
            sha256: String(repeating: digit, count: 64)
        )
    }

    private static func read(_ text: String) throws -> PackageSignature {
        try PackageSignature(
            JSONFields(parsing: Array(text.utf8), as: PackageSignature.schema, code: .invalidManifest, "not so")
        )
    }

    @Test("is of these bytes")
    func statement() throws {
        let text = """
            heddle package signature v1
            name: weather
            version: 1.2.3-beta.1+linux
            sha256: \(String(repeating: "a", count: 64))

            """
        #expect(try Self.statement("weather", "1.2.3-beta.1+linux").bytes == Array(text.utf8))
        for digest in [
            "", "A", String(repeating: "A", count: 64), String(repeating: "a", count: 63),
            String(repeating: "g", count: 64),
        ] {
            #expect(throws: HeddleError.self) {
                try PackageStatement(name: ExtensionName("a"), version: SemanticVersion("1.0.0"), sha256: digest)
            }
        }
    }

    @Test("is of a publisher whom the operator trusts, or of somebody, or absent")
    func verdicts() throws {
        let statement = try Self.statement()
        let signature = try key.sign(statement)
        let id = key.verifyingKey.id
        let trusted = try TrustedPublishers([
            "Other = \(SigningKey().verifyingKey.text)", "Weather Inc = \(key.verifyingKey.text)",
        ])
        #expect(try trusted.verdict(of: signature, for: statement) == .trusted(publisher: "Weather Inc", key: id))
        #expect(try trusted.verdict(of: nil, for: statement) == .absent)
        #expect(try TrustedPublishers().verdict(of: signature, for: statement) == .unknown(key: id))
        let bare = PackageSignature(keyID: id, publicKey: nil, signature: signature.signature)
        #expect(try trusted.verdict(of: bare, for: statement) == .trusted(publisher: "Weather Inc", key: id))
        #expect(try TrustedPublishers().verdict(of: bare, for: statement) == .unverifiable(key: id))
    }

    @Test("is refused when it is of another package, of another key, or names another key")
    func wrong() throws {
        let statement = try Self.statement()
        let signature = try key.sign(statement)
        let other = SigningKey()
        let forged = try other.sign(statement)
        let trusted = try TrustedPublishers(["w=\(key.verifyingKey.text)"])
        let wrong: [(PackageSignature, PackageStatement)] = [
            (signature, try Self.statement("weather2")), (signature, try Self.statement("weather", "1.2.4")),
            (signature, try Self.statement("weather", "1.2.3+x")),
            (signature, try Self.statement("weather", "1.2.3", "b")),
            (PackageSignature(keyID: signature.keyID, publicKey: nil, signature: forged.signature), statement),
            (
                PackageSignature(keyID: signature.keyID, publicKey: forged.publicKey, signature: forged.signature),
                statement
            ),
            (
                PackageSignature(keyID: forged.keyID, publicKey: signature.publicKey, signature: signature.signature),
                statement
            ),
        ]
        for publishers in [trusted, TrustedPublishers()] {
            for (signature, statement) in wrong where publishers == trusted || signature.publicKey != nil {
                let error = #expect(throws: HeddleError.self) { try publishers.verdict(of: signature, for: statement) }
                #expect(error?.code == .integrityFailed)
            }
        }
        #expect(try trusted.verdict(of: forged, for: statement) == .unknown(key: other.verifyingKey.id))
    }

    @Test("comes back from its wire form")
    func roundTrip() throws {
        let signature = try key.sign(Self.statement())
        #expect(try Self.read(signature.value.text) == signature)
        let bare = PackageSignature(keyID: signature.keyID, publicKey: nil, signature: signature.signature)
        #expect(try Self.read(bare.value.text) == bare)
    }

    @Test("is refused in any other form")
    func forms() throws {
        let good = try key.sign(Self.statement()).value
        func changed(_ name: String, _ value: JSONValue?) -> String {
            var object = good.object ?? JSONObject()
            object[name] = value
            return JSONValue.object(object).text
        }
        let sloppy = String((good["signature"]?.string ?? "").dropLast(3)) + "R=="
        let wrong = [
            changed("algorithm", "rsa"), changed("algorithm", nil), changed("key_id", "AB"), changed("key_id", nil),
            changed("signature", "AAAA"), changed("signature", nil), changed("signature", .string(sloppy)),
            changed("public_key", "AAAA"), changed("public_key", .string(String(repeating: "A", count: 43) + "=")),
            changed("extra", 1), "[]", "7",
        ]
        for text in wrong {
            let error = #expect(throws: HeddleError.self, "\(text)") { try Self.read(text) }
            #expect(error?.code == .invalidManifest)
        }
    }
}

@Suite("The publishers of the configuration")
struct TrustedPublishersTests {
    @Test("may have several keys, in either form")
    func several() throws {
        let (one, two) = (SigningKey(), SigningKey())
        let line = two.minisignPublicKey.split(separator: "\n")[1]
        let trusted = try TrustedPublishers(["a = \(one.verifyingKey.text) ", "a=\(line)"])
        let statement = try PackageStatement(
            name: ExtensionName("x"),
            version: SemanticVersion("1.0.0"),
            sha256: String(repeating: "0", count: 64)
        )
        for key in [one, two] {
            #expect(
                try trusted.verdict(of: key.sign(statement), for: statement)
                    == .trusted(publisher: "a", key: key.verifyingKey.id)
            )
        }
    }

    @Test("are refused for every entry that is wrong")
    func faults() {
        let key = SigningKey().verifyingKey.text
        let identity = Base64.encode([1] + [UInt8](repeating: 0, count: 31))
        let error = #expect(throws: HeddleError.self) {
            try TrustedPublishers([
                "good=\(key)", "no key", "=\(key)", "short=AAAA", "again=\(key)", "weak=\(identity)",
                "\(String(repeating: "x", count: 101))=\(key)", "a\u{7}=\(SigningKey().verifyingKey.text)", "",
            ])
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.violations.map(\.path) == ["/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8"])
        let many = (0...256).map { "p\($0)=\(SigningKey().verifyingKey.text)" }
        #expect(throws: HeddleError.self) { try TrustedPublishers(many) }
    }
}

import FoundationEssentials
import HeddleModel
import HeddleTestSupport
import Testing

@testable import HeddleSecurity

@Suite("A file with a signature of minisign beside it")
struct SignedFileTests {
    // Made by minisign 0.11 (`-G -W`, `-S`, `-S -l`) of a file with the text "a package" and a line feed.
    private static let key = "RWQ9G3iCuvlZ+cPLV2e2owOXYQcWoUxFr1r1IcSWiaF3HQgGFR9dbEq2"
    private static let number = "F959F9BA82781B3D"
    private static let content = "a package\n"
    private static let hashed = """
        untrusted comment: made by minisign 0.11
        RUQ9G3iCuvlZ+bTTrnPGQXhUo8ngLSCnkOVXFUxkseZ4fuhd7wGWL3qmtijD/I1mHCmIxaWHCYwtif4ITGOoA4Bi0oqTkBby8AE=
        trusted comment: heddle test
        WzUsYhw2mxKuQXDdwDv5hBM+EkTJab7jetxD6rXr4FxhuNzRQtQjegMCESJy+crBvGffnzzIWXM0OQt35xptAw==

        """
    private static let whole = """
        untrusted comment: signature from minisign secret key
        RWQ9G3iCuvlZ+WEN/9oL+J02ry/C5nRvdJua4OVQbzqPGEglyPXV+SMZ8j1K1adqDLg77+8h19apBfMJMf0w1Xqk2MFpwYhX2QU=
        trusted comment: heddle test
        15UpIiitHYAIGFQLRw9fbH1J73H81vcYpUppjVla+GIhvt2PU5eLZ32HWB3MOxA1vHOoUAMrzhGomlJSNTqmAQ==

        """

    private static func verdict(
        _ signature: String?,
        content: String = content,
        ending: String = ".sig",
        trusting entries: [String] = ["Maker=\(key)"]
    ) async throws -> SignedFile {
        try await ScratchDirectory.with { folder in
            try folder.write("x.tar", content)
            if let signature { try folder.write("x.tar" + ending, signature) }
            return try SignedFile(folder.path + "/x.tar", trusting: TrustedPublishers(entries))
        }
    }

    private static func refusal(_ signature: String, content: String = content, trusting entries: [String]? = nil) async
        -> HeddleError?
    {
        await #expect(throws: HeddleError.self, "\(signature)") {
            try await verdict(signature, content: content, trusting: entries ?? ["Maker=\(key)"])
        }
    }

    @Test("is of a trusted publisher, in the form of today and of before", arguments: [hashed, whole])
    func trusted(_ signature: String) async throws {
        let file = try await Self.verdict(signature)
        #expect(file.verdict == .trusted(publisher: "Maker", key: Self.number))
        #expect(file.sha256 == "c5919a885d0e983e8bcfedc3ad1ab67b4020c2c31be5bfc2e8117f072fdc9106")
        #expect(try await Self.verdict(signature, ending: ".minisig").verdict == file.verdict)
        #expect(try await Self.verdict(signature.replacing("\n", with: "\r\n")).verdict == file.verdict)
        // The key alone does: the number is only a name.
        let bare = Base64.encode(Array((Base64.decode(Self.key) ?? [])[10...]))
        let publishers = ["Other=\(SigningKey().verifyingKey.text)", "Maker=\(bare)"]
        #expect(try await Self.verdict(signature, trusting: publishers).verdict == file.verdict)
    }

    @Test("of nobody known cannot be judged, and without a signature there is none")
    func others() async throws {
        #expect(try await Self.verdict(Self.hashed, trusting: []).verdict == .unverifiable(key: Self.number))
        let other = SigningKey()
        let strangers = [
            "Other=\(other.verifyingKey.text)", "Third=\(SigningKey().minisignPublicKey.split(separator: "\n")[1])",
        ]
        #expect(try await Self.verdict(Self.hashed, trusting: strangers).verdict == .unverifiable(key: Self.number))
        let none = try await Self.verdict(nil)
        #expect(none.verdict == .absent)
        #expect(none.sha256 == (try await Self.verdict(Self.hashed).sha256))
    }

    @Test("is refused when file, signature, comment or key are others", arguments: [hashed, whole])
    func wrong(_ signature: String) async throws {
        let lines = signature.split(separator: "\n").map(String.init)
        #expect(await Self.refusal(signature, content: "a packagf\n")?.code == .integrityFailed)
        #expect(await Self.refusal(signature, content: "")?.code == .integrityFailed)
        #expect(await Self.refusal(signature.replacing("heddle test", with: "heddle tess"))?.code == .integrityFailed)
        // The same number with another key behind it.
        let packed = (Base64.decode(Self.key) ?? [])[..<10] + SigningKey().verifyingKey.bytes
        #expect(
            await Self.refusal(signature, trusting: ["Maker=\(Base64.encode(Array(packed)))"])?.code == .integrityFailed
        )
        for line in [1, 3] {
            let bytes = Base64.decode(lines[line]) ?? []
            // Behind the number, which is only a name; the last line is a signature from its first byte.
            for index in stride(from: line == 1 ? 10 : 0, to: bytes.count, by: 7) {
                var changed = bytes
                changed[index] ^= 4
                var other = lines
                other[line] = Base64.encode(changed)
                #expect(await Self.refusal(other.joined(separator: "\n"))?.code == .integrityFailed)
            }
        }
        // The one form is not taken for the other.
        var packedSignature = Base64.decode(lines[1]) ?? []
        packedSignature[1] ^= 0x20
        let swapped = [lines[0], Base64.encode(packedSignature), lines[2], lines[3]].joined(separator: "\n")
        #expect(await Self.refusal(swapped)?.code == .integrityFailed)
    }

    @Test("is refused when the file beside it is anything else")
    func malformed() async throws {
        let lines = Self.hashed.split(separator: "\n").map(String.init)
        let wrong = [
            "", "\n\n\n\n", lines.dropLast().joined(separator: "\n"), Self.hashed + "more\n", Self.hashed + "\n",
            Self.hashed.replacing("untrusted", with: "Untrusted"),
            Self.hashed.replacing("\ntrusted ", with: "\n trusted "),
            Self.hashed.replacing("RUQ9", with: "RUQ-"), Self.hashed.replacing("RUQ9", with: "RVQ9"),
            Self.hashed.replacing("RUQ9", with: "RUU9"), Self.hashed.replacing("8AE=", with: "8A=="),
            Self.hashed.replacing("ptAw==", with: "ptAx=="), String(repeating: "x", count: 70_000),
            String(repeating: "x", count: 20_000),
        ]
        for text in wrong {
            #expect(await Self.refusal(text)?.code == .integrityFailed)
        }
        #expect(throws: HeddleError.self) { try MinisignSignature(parsing: [0xFF, 0xFE]) }
    }

    @Test("is only read as a file")
    func unreadable() async throws {
        try await ScratchDirectory.with { folder in
            let publishers = TrustedPublishers()
            let path = folder.path
            let absent = #expect(throws: HeddleError.self) { try SignedFile(path + "/none", trusting: publishers) }
            #expect(absent?.code == .pathNotReadable)
            let directory = #expect(throws: HeddleError.self) { try SignedFile(path, trusting: publishers) }
            #expect(directory?.code == .pathNotReadable)
            try folder.write("x", "x")
            try FileManager.default.createDirectory(atPath: path + "/x.sig", withIntermediateDirectories: false)
            let signature = #expect(throws: HeddleError.self) { try SignedFile(path + "/x", trusting: publishers) }
            #expect(signature?.code == .pathNotReadable)
        }
    }

    @Test("is signed here as minisign signs it")
    func signing() async throws {
        let key = SigningKey()
        let line = key.minisignPublicKey.split(separator: "\n")[1]
        let signature = try key.minisign(Array(Self.content.utf8), comment: "weather 1.2.3")
        #expect(try MinisignSignature(parsing: Array(signature.text.utf8)) == signature)
        #expect(
            try await Self.verdict(signature.text, trusting: ["Me=\(line)"]).verdict
                == .trusted(publisher: "Me", key: key.minisignNumber.description)
        )
        for comment in ["two\nlines", "\r", "a\u{0}", String(repeating: "x", count: 8193)] {
            let error = #expect(throws: HeddleError.self) { try key.minisign([], comment: comment) }
            #expect(error?.code == .invalidRequest)
        }
        // The secret key of the vectors makes the same signature as minisign made with it.
        let maker = try SigningKey(secret: "WJJjfr3vJDaC2YiQpyAK/ysBdqC+qkupIWWTWrwt4eQ=")
        #expect(Base64.encode(maker.verifyingKey.bytes) == Base64.encode(Array((Base64.decode(Self.key) ?? [])[10...])))
        let same = try MinisignSignature(parsing: Array(Self.hashed.utf8))
        let own = try maker.minisign(Array(Self.content.utf8), comment: "heddle test")
        #expect(own.signature == same.signature)
        #expect(own.globalSignature == same.globalSignature)
    }
}

import HeddleModel
import Testing

@Suite("A semantic version")
struct SemanticVersionTests {
    @Test(
        "orders the chain of the specification's §11",
        arguments: zip(precedence, precedence.dropFirst())
    )
    func order(_ lower: String, _ higher: String) throws {
        let (low, high) = (try SemanticVersion(lower), try SemanticVersion(higher))
        #expect(low < high)
        #expect(!(high < low))
        #expect(!low.hasSamePrecedence(as: high))
    }

    private static let precedence = [
        "0.0.0-0", "0.0.0", "0.0.1", "0.1.0", "1.0.0--", "1.0.0-0a", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1-0", "1.0.1-1", "1.0.1-10",
        "1.0.1-a",
        "1.0.1", "1.0.10", "1.2.0", "1.10.0", "2.0.0", "2.1.0", "2.1.1", "10.0.0",
    ]

    @Test("sorts a shuffled chain back")
    func sorts() throws {
        let versions = try Self.precedence.map(SemanticVersion.init)
        #expect(versions.reversed().sorted() == versions)
    }

    @Test("leaves builds out of the order and keeps them in equality")
    func builds() throws {
        let (one, two) = (try SemanticVersion("1.0.0+1"), try SemanticVersion("1.0.0+2"))
        #expect(one.hasSamePrecedence(as: two))
        #expect(one != two)
    }

    @Test(
        "reads and writes the same text",
        arguments: [
            "0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta-valid", "1.0.0-alpha-a.b-c-x-y-z",
            "1.0.0-alpha0.valid", "1.0.0-rc.1+build.1", "1.2.3----RC-SNAPSHOT.12.9.1--.12+788", "1.0.0-0A.is.legal",
            "1.0.0+0.build.1-rc.10000aaa-kk-0.1", "1.0.0+001", "2.0.0+build.1848", "1.0.0--",
            "9007199254740991.9007199254740991.9007199254740991", "1.0.0-9007199254740991",
        ]
    )
    func roundTrip(_ text: String) throws {
        #expect(try SemanticVersion(text).description == text)
    }

    @Test(
        "refuses what breaks a rule",
        arguments: [
            "", "1", "1.2", "1.2.3.4", "1.2.3-", "1.2.3+", "1.2.3-+", "1.2.3-0123", "1.2.3-0123.0123", "1.1.2+.123",
            "01.1.1", "1.01.1", "1.1.01", "00.1.1", "-1.0.3", "1.-1.3", "1.2.-3", "+1.2.3", "v1.2.3", " 1.2.3",
            "1.2.3 ",
            "1. 2.3", "1.2.3\n", "a.b.c", "1.2.x", "1.2.3-a..b", "1.2.3-.a", "1.2.3-a.", "1.2.3-a_b", "1.2.3-é",
            "1.2.3+a+b", "1.2.3+a_b", "1.2.3+é", "..", "1..3", "1.2.", ".2.3", "١.٢.٣", "0x1.2.3", "1e1.2.3",
            "9007199254740992.0.0", "1.9007199254740992.0", "1.0.9223372036854775808",
            "99999999999999999999999.999999999999999999.99999999999999999", "1.0.0-9007199254740992",
            "1.0.0-" + String(repeating: "a", count: 128),
        ]
    )
    func refuses(_ text: String) {
        let error = #expect(throws: HeddleError.self) { try SemanticVersion(text) }
        #expect(error?.code == .invalidVersion)
        #expect(error?.details["version"] == String(text.prefix(128)))
    }
}

import HeddleModel
import Testing

@Suite("The values of contexts")
struct ContextValueTests {
    @Test(
        "moments are read in the form of RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2027-01-15T08:00:00.000Z", 1_800_000_000_000),
            ("2027-01-15T09:30:00.0429+01:30", 1_800_000_000_042), ("2000-02-29T23:59:59.9Z", 951_868_799_900),
            ("1969-12-31T23:59:59Z", -1000), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ]
    )
    func moments(_ text: String, _ milliseconds: Int) {
        #expect(Timestamp(parsing: text)?.milliseconds == milliseconds)
    }

    @Test(
        "what is no moment is none",
        arguments: [
            "", "2027-01-15", "2027-02-29T00:00:00Z", "2027-13-01T00:00:00Z", "2027-01-15T24:00:00Z",
            "2027-01-15T08:00:00", "2027-01-15T08:00:00Zx", "2027-01-15T08:00:00.Z", "2027-1-15T08:00:00Z",
        ]
    )
    func noMoments(_ text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test("a moment that is written is read again", arguments: [0, 1, -1, 999, 1_800_000_000_123, 253_402_300_799_999])
    func roundTrip(_ milliseconds: Int) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(Timestamp(parsing: time.description) == time)
    }

    @Test("roles give their permissions together, and unknown ones none")
    func permissions() {
        #expect(ParticipantPermissions.of(roles: []) == [])
        #expect(ParticipantPermissions.of(roles: ["stranger"]) == [])
        #expect(ParticipantPermissions.of(roles: ["viewer"]) == ["read"])
        #expect(
            ParticipantPermissions.of(roles: ["reviewer", "contributor"]) == ["read", "write", "comment", "approve"]
        )
        #expect(ParticipantPermissions.of(roles: ["admin"]) == ["read", "write", "comment", "approve", "manage"])
    }

    @Test("a label's text and its containment say the same, whatever the names hold")
    func labels() throws {
        let label = try ContextLabel(path: "custom_data.a.b", matching: "1.0")
        #expect(label == (try ContextLabel(path: "custom_data.a.b", matching: "1")))
        #expect(label.containment == #"{"custom_data":{"a":{"b":1}}}"#)
        #expect(ContextLabel.tag(#"x"y"#).containment == #"{"tags":["x\"y"]}"#)
        #expect(throws: HeddleError.self) {
            _ = try ContextLabel(path: "a", matching: String(repeating: "x", count: 600))
        }
    }

    @Test("words are told apart in every script")
    func words() {
        var terms = SearchTerms()
        terms.add("Hello, WORLD! hello 東京x naïve-Über 42%")
        #expect(terms.words == ["hello", "world", "東", "京", "x", "naïve", "über", "42"])
    }
}

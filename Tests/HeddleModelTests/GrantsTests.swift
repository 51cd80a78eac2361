import HeddleModel
import JSON
import Testing

@Suite("Grants")
struct GrantsTests {
    private static func grants(_ text: String) throws(HeddleError) -> Grants {
        try Grants(JSONFields(parsing: Array(text.utf8), as: Grants.schema, code: .invalidRequest, "these grants"))
    }

    @Test("are nothing when nothing is said")
    func defaults() throws {
        let grants = try Self.grants("{}")
        #expect(grants == Grants())
        #expect(grants.network == .none)
        #expect(grants.level == .process)
    }

    @Test("survive being written and read")
    func roundTrip() throws {
        let grants = Grants(
            read: ["/a", "/b c"],
            write: ["/d"],
            network: .publicInternet,
            environment: ["A": "x\"y", "B": ""],
            secrets: ["S": "/run/s"],
            workingDirectory: "/a",
            level: .none
        )
        #expect(try Self.grants(grants.value(showingValues: true).text) == grants)
    }

    @Test("of a manifest never take the sandbox away, and those of an operator do")
    func union() {
        let asked = Grants(read: ["/a"], environment: ["A": "1"], level: .none)
        #expect(asked.union(nil) == Grants(read: ["/a"], environment: ["A": "1"]))
        let added = asked.union(Grants(read: ["/a", "/b"], environment: ["A": "2"], level: .none))
        #expect(added == Grants(read: ["/a", "/b"], environment: ["A": "2"], level: .none))
        #expect(asked.union(Grants()).level == .process)
    }

    @Test("hide the values of variables unless they are asked for")
    func hidden() {
        let value = Grants(environment: ["KEY": "hunter2"], secrets: ["S": "/run/s"]).value(showingValues: false)
        #expect(!value.text.contains("hunter2"))
        #expect(value["environment"]?["KEY"]?.string == "***")
        #expect(value["secrets"]?["S"]?.string == "/run/s")
    }

    @Test(
        "that break a rule are refused",
        arguments: [
            #"{"reed":[]}"#, #"{"read":"/"}"#, #"{"read":[1]}"#, #"{"read":["relative"]}"#, #"{"read":[""]}"#,
            #"{"write":["./x"]}"#, ##"{"read":["/a\u0000b"]}"##, ##"{"working_directory":"/a\u0000"}"##,
            #"{"working_directory":"x"}"#, #"{"working_directory":7}"#, #"{"secrets":{"A":"relative"}}"#,
            #"{"secrets":["A"]}"#, #"{"environment":{"A":1}}"#, #"{"environment":{"":"x"}}"#,
            #"{"environment":{"1A":"x"}}"#, #"{"environment":{"A=B":"x"}}"#, #"{"environment":{"A B":"x"}}"#,
            #"{"environment":{"É":"x"}}"#, ##"{"environment":{"A":"\u0000"}}"##, #"{"secrets":{"A-B":"/x"}}"#,
            #"{"level":"vm"}"#, #"{"level":1}"#, #"{"network":"all"}"#, #"{"network":1}"#, #"{"network":{}}"#,
            #"{"network":[7]}"#, #"{"network":["example.com"]}"#,
        ]
    )
    func refuses(_ text: String) {
        let error = #expect(throws: HeddleError.self) { try Self.grants(text) }
        #expect(error?.code == .invalidRequest)
    }

    @Test(
        "read the network as true, false or a list",
        arguments: [
            ("null", NetworkGrant.none, "false"), ("false", .none, "false"), ("true", .publicInternet, "true"),
            ("[]", .none, "false"),
            (
                #"["a.b:1","[fe80::1]:65535"]"#,
                .hosts([.init(host: "a.b", port: 1), .init(host: "fe80::1", port: 65_535)]),
                #"["a.b:1","[fe80::1]:65535"]"#
            ),
        ]
    )
    func network(_ text: String, _ expected: NetworkGrant, _ written: String) throws {
        let grant = try Self.grants(#"{"network":\#(text)}"#).network
        #expect(grant == expected)
        #expect(grant.value.text == written)
    }

    @Test(
        "take a host with its port",
        arguments: [
            ("example.com:443", "example.com", 443), ("10.0.0.1:1", "10.0.0.1", 1),
            ("LOCALHOST:65535", "LOCALHOST", 65_535),
            ("[::1]:80", "::1", 80), ("[2001:db8::ff]:8443", "2001:db8::ff", 8443),
        ] as [(String, String, UInt16)]
    )
    func hostPort(_ text: String, _ host: String, _ port: UInt16) throws {
        let parsed = try #require(NetworkGrant.HostPort(text))
        #expect(parsed == NetworkGrant.HostPort(host: host, port: port))
        #expect(parsed.description == text)
    }

    @Test(
        "refuse a host without a port, or of another form",
        arguments: [
            "", ":", "example.com", "example.com:", ":80", "[]:80", "example.com:0", "example.com:65536",
            "example.com:-1",
            "example.com:+80", "example.com: 80", "example.com:٨٠", "example.com:80x", "http://example.com:80",
            "a b:80", "a/b:80",
            "*:80", "*.example.com:80", "::1:80", "[example.com]:80", "[::1:80", "::1]:80", "[::1]", "é.com:80",
            "a\0:80",
            String(repeating: "a", count: 254) + ":80",
        ]
    )
    func badHostPort(_ text: String) {
        #expect(NetworkGrant.HostPort(text) == nil)
    }
}

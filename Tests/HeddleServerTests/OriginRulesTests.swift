import HeddleModel
import Testing

@testable import HeddleServer

@Suite("The rules for Host and Origin")
struct OriginRulesTests {
    private let rules = OriginRules(
        host: "192.0.2.7",
        allowedHosts: ["Heddle.Example"],
        allowedOrigins: ["https://app.example"]
    )

    private func accepts(_ host: String?, _ origin: String? = nil, _ rules: OriginRules? = nil) -> Bool {
        do throws(HeddleError) {
            try (rules ?? self.rules).check(host: host, origin: origin)
            return true
        } catch {
            #expect(error.code == .originDenied)
            return false
        }
    }

    @Test(
        "answers to this machine, the bound address and what is configured",
        arguments: [
            "localhost", "LOCALHOST:7433", "127.0.0.1:1", "[::1]:7433", "[::1]", "192.0.2.7:7433", "heddle.example:443",
        ]
    )
    func hosts(_ host: String) {
        #expect(accepts(host))
        #expect(accepts(host, "http://\(host)"))
    }

    @Test(
        "refuses names that a rebound resolver could have sent",
        arguments: [
            nil, "", ":7433", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil@localhost",
            "192.0.2.8", "[::2]:7433", "[::1", "xlocalhost",
        ]
    )
    func foreignHosts(_ host: String?) {
        #expect(!accepts(host))
    }

    @Test(
        "refuses foreign pages",
        arguments: ["null", "", "https://evil.example", "https://localhost.evil.example", "https://app.example.evil"]
    )
    func foreignOrigins(_ origin: String) {
        #expect(!accepts("localhost", origin))
    }

    @Test("takes configured origins whatever their case, but not their other ports")
    func configured() {
        #expect(accepts("localhost", "https://APP.example"))
        #expect(!accepts("localhost", "https://app.example:8443"))
        #expect(!accepts("localhost", "http://app.example"))
    }

    @Test("does not take the wildcard address for a name")
    func wildcard() {
        let rules = OriginRules(host: "0.0.0.0", allowedHosts: [], allowedOrigins: [])
        #expect(!accepts("0.0.0.0:7433", nil, rules))
        #expect(accepts("127.0.0.1:7433", nil, rules))
    }
}

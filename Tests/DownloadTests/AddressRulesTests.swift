import Testing

@testable import Download

@Suite("Which addresses may be connected to")
struct AddressRulesTests {
    @Test(
        "public addresses are, and those that carry public ones",
        arguments: [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
            "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00::1",
            "2001:4860::8",
            "2001:200::1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
            "2001:0:808:808::f7f7:f7f7",
        ]
    )
    func allowed(_ text: String) throws {
        #expect(SpecialNetworks.kind(of: try #require(IPAddress(text))) == nil)
    }

    @Test(
        "all others are not",
        arguments: [
            ("0.0.0.0", "unspecified"), ("0.1.2.3", "unspecified"), ("10.0.0.1", "private"),
            ("10.255.255.255", "private"),
            ("100.64.0.0", "shared behind a provider's NAT"), ("100.127.255.255", "shared behind a provider's NAT"),
            ("127.0.0.1", "loopback"), ("127.255.255.255", "loopback"), ("169.254.169.254", "link-local"),
            ("168.63.129.16", "the cloud's own"), ("172.16.0.0", "private"), ("172.31.255.255", "private"),
            ("192.0.0.1", "reserved"), ("192.0.2.1", "for documentation"), ("192.88.99.1", "reserved"),
            ("192.168.0.1", "private"), ("198.18.0.0", "for benchmarks"), ("198.19.255.255", "for benchmarks"),
            ("198.51.100.7", "for documentation"), ("203.0.113.7", "for documentation"), ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"), ("240.0.0.1", "reserved"), ("255.255.255.255", "reserved"),
            ("::", "unspecified"), ("::1", "loopback"), ("fc00::1", "private"), ("fd00:ec2::254", "private"),
            ("fe80::1", "link-local"), ("febf::1", "link-local"), ("fec0::1", "private"), ("ff02::1", "multicast"),
            ("::ffff:127.0.0.1", "loopback"), ("::ffff:a9fe:a9fe", "link-local"), ("::ffff:0.0.0.0", "unspecified"),
            ("::127.0.0.1", "loopback"), ("::10.0.0.1", "private"), ("64:ff9b::7f00:1", "loopback"),
            ("64:ff9b::192.168.1.1", "private"), ("64:ff9b:1::808:808", "translated to a local network"),
            ("2002:7f00:1::1", "loopback"), ("2002:c0a8:101::", "private"), ("2002:a9fe:a9fe::", "link-local"),
            // Teredo: the server's address in the middle, the client's with all bits turned at the end.
            ("2001:0:808:808::80ff:fffe", "loopback"), ("2001:0:7f00:1::f7f7:f7f7", "loopback"),
            ("2001:2::1", "reserved"), ("2001:20::1", "reserved"), ("2001:db8::1", "for documentation"),
            ("3fff::1", "for documentation"), ("4000::1", "reserved"), ("1::1", "reserved"), ("100::1", "reserved"),
            ("5f00::1", "reserved"), ("::ffff:0:8.8.8.8", "reserved"),
        ]
    )
    func refused(_ text: String, _ kind: String) throws {
        let address = try #require(IPAddress(text))
        #expect(SpecialNetworks.kind(of: address) == kind)
        let url = "http://\(address.isV4 ? text : "[\(text)]")/"
        let error = #expect(throws: DownloadError.self) { try AddressRules().check(DownloadURL(url).endpoint) }
        #expect(error?.code == .addressRefused)
    }

    @Test(
        "numbers in other forms are none that one could be sure of",
        arguments: [
            "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "127.0.1", "0x7f000001", "0x7f.0.0.0x1", "127.0.0.01",
            "1.2.3.4.5", "256.1.1.1", "1.1.1.0x", "8.8.8.8.", "a.1", "0X7F.1", "08.8.8.8", "127.0.0.1.",
        ]
    )
    func numericForms(_ host: String) throws {
        do throws(DownloadError) {
            let url = try DownloadURL("http://\(host)/")
            // A dot at the end changes nothing, so these are what they look like.
            #expect(host == "8.8.8.8." || host == "127.0.0.1.")
            #expect(url.endpoint.address != nil)
        } catch {
            #expect(error.code == .addressRefused)
        }
    }

    @Test(
        "the machine's own name is refused even when a proxy would look it up",
        arguments: ["localhost", "a.LocalHost."]
    )
    func localhost(_ host: String) {
        let error = #expect(throws: DownloadError.self) {
            try AddressRules().check(DownloadURL("https://\(host)/").endpoint)
        }
        #expect(error?.code == .addressRefused)
    }

    @Test("an exception holds for its host and its port only")
    func exceptions() throws {
        let rules = try AddressRules(allowing: ["127.0.0.1:8080", "Files.Example:443", "[::1]:9"])
        func code(_ url: String, at address: String? = nil) throws -> DownloadError.Code? {
            do throws(DownloadError) {
                let endpoint = try DownloadURL(url).endpoint
                try rules.check(endpoint)
                if let address = address.flatMap({ IPAddress($0) }) { try rules.check(address, of: endpoint) }
            } catch {
                return error.code
            }
            return nil
        }
        #expect(try code("http://127.0.0.1:8080/") == nil)
        #expect(try code("http://127.0.0.1:8081/") == .addressRefused)
        #expect(try code("http://127.0.0.2:8080/") == .addressRefused)
        #expect(try code("http://localhost:8080/") == .addressRefused)
        #expect(try code("http://[::ffff:127.0.0.1]:8080/") == .addressRefused)
        #expect(try code("https://files.example/", at: "10.0.0.1") == nil)
        #expect(try code("http://files.example/", at: "10.0.0.1") == .addressRefused)
        #expect(try code("https://sub.files.example/", at: "10.0.0.1") == .addressRefused)
        #expect(try code("http://[0::1]:9/") == nil)
    }

    @Test("an exception names a port", arguments: ["127.0.0.1", "", ":80", "a:0", "a:65536", "a:+1", "a b:1", "*:80"])
    func badExceptions(_ text: String) {
        let error = #expect(throws: DownloadError.self) { try AddressRules(allowing: [text]) }
        #expect(error?.code == .invalidSetting)
    }
}

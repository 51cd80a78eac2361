import HeddleTestSupport
import Testing

@testable import Download

@Suite("Proxies")
struct ProxyRulesTests {
    @Test("come from the environment, in small letters first")
    func environment() throws {
        let rules = try ProxyRules(environment: [
            "http_proxy": "http://small:3128", "HTTP_PROXY": "http://large:3128",
            "HTTPS_PROXY": "us%40er:p:w%2F@secure",
        ])
        let plain = rules.proxy(for: try DownloadURL("http://a.example/"))
        #expect(plain?.endpoint.description == "small:3128")
        let secure = rules.proxy(for: try DownloadURL("https://a.example/"))
        #expect(secure?.endpoint.description == "secure:80")
        #expect(secure?.user == "us@er")
        #expect(secure?.password == "p:w/")
        #expect(try ProxyRules(environment: ["http_proxy": ""]).proxy(for: DownloadURL("http://a.example/")) == nil)
    }

    @Test("are not asked for what no_proxy names", arguments: ["no_proxy", "NO_PROXY"])
    func direct(_ name: String) throws {
        let list =
            ".corp.example, one.example,two.example:8080,10.0.0.0/8,192.168.1.1 ::1,fd00::/8,1.2.3.4:99,10.0.0.0/99"
        let rules = try ProxyRules(environment: ["http_proxy": "http://p:1", name: list])
        func isDirect(_ host: String) throws -> Bool { rules.proxy(for: try DownloadURL("http://\(host)/")) == nil }
        for host in [
            "a.corp.example", "corp.example", "ONE.example", "x.one.example", "two.example:8080", "10.9.8.7",
            "192.168.1.1", "[::1]", "[fd12::1]", "1.2.3.4:99",
        ] {
            #expect(try isDirect(host), "\(host)")
        }
        for host in ["xcorp.example", "two.example", "11.0.0.1", "192.168.1.11", "[fe80::1]", "1.2.3.4", "example"] {
            #expect(try !isDirect(host), "\(host)")
        }
        let none = try ProxyRules(environment: ["http_proxy": "http://p:1", name: "*"])
        #expect(try none.proxy(for: DownloadURL("http://a.example/")) == nil)
    }

    @Test(
        "are HTTP ones",
        arguments: ["socks5://p:1", "https://p:1", "http://", "http://p:x", "http://u%zz@p:1", "p q"]
    )
    func bad(_ text: String) {
        let error = #expect(throws: DownloadError.self) { try ProxyRules(environment: ["https_proxy": text]) }
        #expect(error?.code == .invalidSetting)
        #expect(error?.message.contains("zz") == false)
    }

    @Test("make the connection, look names up, and are told the password")
    func tunnel() async throws {
        let file = HostedFile(bytes: HostedFile.random(5000))
        try await DownloadScratch.with { request, wire in
            if request.line.hasPrefix("CONNECT") {
                try await wire.write("HTTP/1.1 200 OK\r\n\r\n")
            } else {
                try await file.answer(request, wire)
            }
        } test: { scratch in
            let proxies = try ProxyRules(environment: ["http_proxy": "http://me:pw@\(scratch.server.endpoint)"])
            let resolver = FixedResolver([:])
            let downloader = try scratch.downloader(proxies: proxies, resolver: resolver)
            let request = DownloadRequest(url: "http://far.example/x", destination: scratch.destination)
            _ = try await downloader.download(request)
            #expect(scratch.file == file.bytes)
            #expect(resolver.asked.isEmpty)
            let requests = scratch.server.requests
            #expect(requests.map(\.line) == ["CONNECT far.example:80 HTTP/1.1", "GET /x HTTP/1.1"])
            #expect(requests.first?.headers["proxy-authorization"] == "Basic bWU6cHc=")
            #expect(requests.last?.headers["host"] == "far.example")
            #expect(requests.last?.headers["proxy-authorization"] == nil)
            // What is written as an address is checked all the same.
            let inner = DownloadRequest(url: "http://10.0.0.1/x", destination: scratch.destination)
            #expect(try await scratch.failure(inner, with: downloader)?.code == .addressRefused)
            #expect(scratch.server.requests.count == 2)
        }
    }

    @Test("that refuse end the download")
    func refusing() async throws {
        try await DownloadScratch.answering("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n") { scratch in
            let proxies = try ProxyRules(environment: ["http_proxy": scratch.server.endpoint])
            let request = DownloadRequest(
                url: "http://far.example/x",
                destination: scratch.destination,
                limits: DownloadLimits(tries: 2)
            )
            let error = try await scratch.failure(request, with: scratch.downloader(proxies: proxies))
            #expect(error == DownloadError(.unreachable, "the proxy does not connect to far.example"))
            #expect(scratch.names.isEmpty)
        }
    }
}

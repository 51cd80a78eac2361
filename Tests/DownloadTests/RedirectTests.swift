import HeddleTestSupport
import NIOCore
import Testing

@testable import Download

@Suite("Redirects and names")
struct RedirectTests {
    private static func redirect(_ location: String, status: Int = 302) -> String {
        "HTTP/1.1 \(status) Go\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n"
    }

    @Test("are followed five times", arguments: [5, 6], [301, 302, 303, 307, 308])
    func count(_ count: Int, _ status: Int) async throws {
        let file = HostedFile(bytes: [1, 2, 3])
        try await DownloadScratch.with { request, wire in
            guard request.number < count else { return try await file.answer(request, wire) }
            try await wire.write(Self.redirect("/\(request.number)?q=secret", status: status))
        } test: { scratch in
            if count == 5 {
                #expect(try await scratch.download().finalURL == scratch.url("/4?q=secret"))
            } else {
                let error = try await scratch.failure()
                #expect(error?.code == .redirectRefused)
                #expect(error?.message == "127.0.0.1 leads through more than 5 redirects")
                #expect(scratch.server.requests.count == 6)
            }
        }
    }

    @Test("in a circle end")
    func loop() async throws {
        try await DownloadScratch.answering(Self.redirect("/file")) { scratch async throws in
            #expect(try await scratch.failure()?.code == .redirectRefused)
        }
    }

    @Test(
        "to what is no download are refused",
        arguments: [
            ("file:///etc/passwd", DownloadError.Code.redirectRefused), ("ftp://example.com/", .redirectRefused),
            ("http+unix://%2Frun%2Fdocker.sock/", .redirectRefused), ("http://user:pw@example.com/", .redirectRefused),
            ("http://10.0.0.1/", .addressRefused), ("http://169.254.169.254/latest/meta-data", .addressRefused),
            ("http://127.0.0.1:1/", .addressRefused), ("http://[::1]/", .addressRefused),
            ("//0x7f.1/", .addressRefused),
            ("http://2130706433/", .addressRefused), ("http://localhost/", .addressRefused),
            ("http://[::ffff:169.254.169.254]/", .addressRefused), ("http://inner.test/", .addressRefused),
            ("http://mixed.test/", .addressRefused), ("http://nowhere.test/", .hostNotFound),
        ]
    )
    func targets(_ location: String, _ code: DownloadError.Code) async throws {
        try await DownloadScratch.answering(Self.redirect(location)) { scratch in
            let resolver = FixedResolver(["inner.test": ["10.1.2.3"], "mixed.test": ["8.8.8.8", "::1"]])
            let error = try await scratch.failure(with: scratch.downloader(resolver: resolver))
            #expect(error?.code == code)
            #expect(error?.message.contains("pw") == false)
            #expect(scratch.server.requests.count == 1)
            #expect(scratch.names.isEmpty)
        }
    }

    @Test("without a place are no answer")
    func nowhere() async throws {
        try await DownloadScratch.answering("HTTP/1.1 302 Go\r\nContent-Length: 0\r\n\r\n") { scratch async throws in
            #expect(try await scratch.failure()?.code == .badAnswer)
        }
    }

    @Test("to a name that was allowed go there, at the address that was looked up once")
    func names() async throws {
        let file = HostedFile(bytes: [1, 2, 3])
        try await DownloadScratch.with { request, wire in
            guard request.path == "/start" else { return try await file.answer(request, wire) }
            try await wire.write(Self.redirect("http://files.test:\(wire.channel.localAddress?.port ?? 0)/end"))
        } test: { scratch in
            // The name exists here only, so a second look at it anywhere else would fail.
            let resolver = FixedResolver(["files.test": ["127.0.0.1"]])
            let name = "files.test:\(scratch.server.port)"
            let downloader = try scratch.downloader(allowing: [name], resolver: resolver)
            let result = try await downloader.download(scratch.request("/start"))
            #expect(result.finalURL == "http://\(name)/end")
            #expect(resolver.asked == ["files.test"])
            #expect(scratch.server.requests.last?.headers["host"] == name)
            // The exception is for that port.
            let other = DownloadRequest(url: "http://files.test/", destination: scratch.destination)
            #expect(try await scratch.failure(other, with: downloader)?.code == .addressRefused)
        }
    }

    @Test("every address of a name is tried, and every one is checked again when it is looked up again")
    func rebinding() async throws {
        let file = HostedFile(bytes: HostedFile.random(1000))
        try await DownloadScratch.with {
            try await file.answer($0, $1, cutAfter: 10)
        } test: { scratch in
            let port = scratch.server.port
            // Nothing listens at the first address.
            let resolver = FixedResolver(["files.test": ["127.0.0.77", "127.0.0.1"]])
            let downloader = try scratch.downloader(allowing: ["files.test:\(port)"], resolver: resolver)
            let request = DownloadRequest(
                url: "http://files.test:\(port)/",
                destination: scratch.destination,
                limits: DownloadLimits(tries: 2)
            )
            #expect(try await scratch.failure(request, with: downloader)?.code == .incomplete)
            #expect(scratch.server.requests.count == 2)
            #expect(resolver.asked.count == 2)

            // A public address at first, where nobody answers in time, and then one inside.
            let rebound = FixedResolver(changing: ["bad.test": [[], ["127.0.0.1"]]])
            let strict = try scratch.downloader(resolver: rebound)
            let bad = DownloadRequest(url: "http://bad.test:\(port)/", destination: scratch.destination)
            #expect(try await scratch.failure(bad, with: strict)?.code == .hostNotFound)
            #expect(try await scratch.failure(bad, with: strict)?.code == .addressRefused)
            #expect(scratch.server.requests.count == 2)
        }
    }

    @Test("the system's resolver finds this machine, which is refused under whatever name")
    func system() async throws {
        let addresses = try await SystemResolver().addresses(of: "localhost")
        #expect(!addresses.isEmpty)
        #expect(addresses.allSatisfy { SpecialNetworks.kind(of: $0) == "loopback" })
    }
}

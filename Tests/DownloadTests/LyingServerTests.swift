import HeddleTestSupport
import Testing

@testable import Download

@Suite("A server that lies")
struct LyingServerTests {
    private static let ok = "HTTP/1.1 200 OK\r\n"

    @Test(
        "gets nowhere with statuses",
        arguments: [
            (204, "204 (No Content)"), (206, "206 (Partial Content)"), (404, "404 (Not Found)"),
            (403, "403 (Forbidden)"),
            (418, "418 (I'm a teapot)"), (304, "304 (Not Modified)"), (599, "599"),
        ]
    )
    func statuses(_ status: Int, _ words: String) async throws {
        let page = "<html>secret</html>"
        let head =
            "HTTP/1.1 \(status) Surely fine\r\nContent-Type: text/html\r\nContent-Length: \(page.utf8.count)\r\n\r\n"
        try await DownloadScratch.answering(head + page) { scratch in
            let error = try await scratch.failure(scratch.request("/file?token=secret"))
            #expect(error?.code == .refused(status: status))
            #expect(error?.message == "127.0.0.1 answered with status \(words)")
            #expect(scratch.server.requests.count == 1)
            #expect(scratch.names.isEmpty)
        }
    }

    @Test("is asked again when it has trouble, and not for ever")
    func trouble() async throws {
        let file = HostedFile(bytes: [1, 2, 3])
        try await DownloadScratch.with { request, wire in
            if request.path == "/file", request.number == 2 { return try await file.answer(request, wire) }
            try await wire.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
        } test: { scratch in
            _ = try await scratch.download()
            #expect(scratch.server.requests.count == 3)
            let error = try await scratch.failure(scratch.request("/other", limits: DownloadLimits(tries: 4)))
            #expect(error?.code == .refused(status: 503))
            #expect(scratch.server.requests.count == 7)
            #expect(scratch.clock.skipped.count == 5)
        }
    }

    @Test("that states fewer bytes than it sends gives those, which a checksum tells")
    func shortLength() async throws {
        try await DownloadScratch.answering(Self.ok + "Content-Length: 3\r\n\r\nabcdef") { scratch async throws in
            #expect(try await scratch.download().bytes == 3)
            #expect(scratch.file == Array("abc".utf8))
            let request = scratch.request(sha256: DownloadScratch.sha256(Array("abcdef".utf8)))
            #expect(try await scratch.failure(request)?.code == .checksumMismatch)
        }
    }

    @Test("that states more bytes than it sends is asked again, and then not believed", arguments: [true, false])
    func longLength(_ hasTag: Bool) async throws {
        let tag = hasTag ? "ETag: \"x\"\r\n" : ""
        try await DownloadScratch.answering(Self.ok + tag + "Content-Length: 10\r\n\r\nabc") { scratch in
            let error = try await scratch.failure(scratch.request(limits: DownloadLimits(tries: 3)))
            #expect(error?.code == .incomplete)
            #expect(scratch.server.requests.count == 3)
            #expect(scratch.file == nil)
            // Without a validator the bytes are of no use to anybody.
            #expect(scratch.partial == (hasTag ? Array("abc".utf8) : nil))
        }
    }

    @Test(
        "cannot fill the disk",
        arguments: [
            "Content-Length: 1001\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n7d0\r\n", "\r\n",
        ]
    )
    func tooLarge(_ framing: String) async throws {
        let body = String(repeating: "x", count: 2000)
        try await DownloadScratch.answering(Self.ok + "ETag: \"x\"\r\n" + framing + body) { scratch async throws in
            let request = scratch.request(
                sha256: String(repeating: "0", count: 64),
                limits: DownloadLimits(bytes: 1000, tries: 1)
            )
            #expect(try await scratch.failure(request)?.code == .tooLarge)
            #expect(scratch.names.isEmpty)
        }
    }

    @Test("may send as many bytes as are allowed")
    func justRight() async throws {
        try await DownloadScratch.answering(Self.ok + "Content-Length: 3\r\n\r\nabc") { scratch async throws in
            #expect(try await scratch.download(scratch.request(limits: DownloadLimits(bytes: 3))).bytes == 3)
        }
    }

    @Test(
        "cannot send headers without end",
        arguments: [
            ("HTTP/1.1 200 OK\r\n", "X-Header: more\r\n"), ("HTTP/1.1 200 OK\r\nX: ", "xxxxxxxxxxxxxxxx"),
            ("HTTP/1.1 200 ", "well "), ("", "HTTP/1.1 100 Continue\r\n\r\n"),
        ]
    )
    func headers(_ start: String, _ repeated: String) async throws {
        try await DownloadScratch.with { _, wire in
            try await wire.write(start)
            while true { try await wire.write(String(repeating: repeated, count: 100)) }
        } test: { scratch in
            let error = try await scratch.failure()
            #expect(error?.code == .badAnswer)
            #expect(scratch.server.requests.count == 1)
            #expect(scratch.names.isEmpty)
        }
    }

    @Test(
        "has to speak HTTP",
        arguments: [
            "SSH-2.0-OpenSSH_9.9\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ]
    )
    func nonsense(_ text: String) async throws {
        try await DownloadScratch.answering(text) { scratch async throws in
            #expect(try await scratch.failure()?.code == .badAnswer)
            #expect(scratch.server.requests.count == 1)
        }
    }

    @Test("may not encode what it sends", arguments: ["Content-Encoding: gzip", "Content-Encoding: br, identity"])
    func encoded(_ header: String) async throws {
        try await DownloadScratch.answering(Self.ok + header + "\r\nContent-Length: 3\r\n\r\nabc") {
            scratch async throws in
            #expect(try await scratch.failure()?.code == .encoded)
            #expect(scratch.names.isEmpty)
        }
    }

    @Test("that drips is left when the time for all is over")
    func drip() async throws {
        let clock = TestClock()
        let path = Path()
        try await DownloadScratch.with(clock: clock) { _, wire in
            try await wire.write(Self.ok + "ETag: \"x\"\r\nContent-Length: 1000\r\n\r\n")
            for count in 1...1000 {
                try await wire.write("x")
                while DownloadScratch.bytes(path.value)?.count ?? 0 < count {
                    try await Task.sleep(for: .milliseconds(1))
                }
                clock.advance(by: .seconds(1))
            }
        } test: { scratch in
            path.value = scratch.destination + ".partial"
            let error = try await scratch.failure(
                scratch.request(limits: DownloadLimits(total: .seconds(100), idle: .seconds(20)))
            )
            #expect(error == DownloadError(.timedOut, "the download from 127.0.0.1 took longer than 100.0 seconds"))
            #expect(scratch.server.requests.count == 1)
            #expect(scratch.partial?.isEmpty == false)
        }
    }

    @Test(
        "that falls silent counts as cut",
        arguments: [
            ("", false), ("HTTP/1.1 200 OK\r\nContent-", false),
            ("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 9\r\n\r\nabc", true),
        ]
    )
    func silence(_ text: String, _ hasBody: Bool) async throws {
        let clock = TestClock()
        try await DownloadScratch.with(clock: clock) { _, wire in
            try await wire.write(text)
            while true {
                try await Task.sleep(for: .milliseconds(5))
                clock.advance(by: .seconds(7))
            }
        } test: { scratch in
            let limits = DownloadLimits(total: .seconds(1_000_000_000), idle: .seconds(20), tries: 3)
            let error = try await scratch.failure(scratch.request(limits: limits))
            #expect(error == DownloadError(.timedOut, "127.0.0.1 sent nothing for 20.0 seconds"))
            #expect(scratch.server.requests.count == 3)
            #expect(scratch.partial == (hasBody ? Array("abc".utf8) : nil))
        }
    }
}

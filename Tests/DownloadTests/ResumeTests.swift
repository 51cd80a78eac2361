import Foundation
import HeddleTestSupport
import Synchronization
import Testing

@testable import Download

@Suite("A download that is cut")
struct ResumeTests {
    private static let content = HostedFile.random(400_000)

    @Test(
        "goes on where it was",
        arguments: [0, 1, 1000, 65_536, 262_144, 399_999],
        [false, true]
    )
    func offsets(_ cut: Int, _ isChunked: Bool) async throws {
        let file = HostedFile(bytes: Self.content, isChunked: isChunked)
        try await DownloadScratch.with { request, wire in
            try await file.answer(request, wire, cutAfter: request.number == 0 ? cut : .max)
        } test: { scratch in
            file.place.value = scratch.destination + ".partial"
            let result = try await scratch.download()
            #expect(scratch.file == Self.content)
            #expect(result.sha256 == DownloadScratch.sha256(Self.content))
            let requests = scratch.server.requests
            #expect(requests.count == 2)
            #expect(requests[1].offset == (cut == 0 ? nil : cut))
            #expect(requests[1].headers["if-range"] == (cut == 0 ? nil : "\"one\""))
            #expect(scratch.clock.skipped.count == 1)
        }
    }

    @Test("goes on after a reset, by the time of the last change")
    func modified() async throws {
        let file = HostedFile(bytes: Self.content, etag: nil, modified: "Sat, 21 Nov 2026 09:00:00 GMT")
        try await DownloadScratch.with { request, wire in
            try await file.answer(request, wire, cutAfter: request.number == 0 ? 5000 : .max)
        } test: { scratch in
            file.place.value = scratch.destination + ".partial"
            _ = try await scratch.download()
            #expect(scratch.file == Self.content)
            #expect(scratch.server.requests.last?.offset == 5000)
            #expect(scratch.server.requests.last?.headers["if-range"] == "Sat, 21 Nov 2026 09:00:00 GMT")
        }
    }

    @Test("is the same file wherever it is cut", arguments: 0..<40 as Range<UInt64>)
    func randomCuts(_ seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let bytes = HostedFile.random(.random(in: 1...200_000, using: &generator), seed: seed)
        let file = HostedFile(bytes: bytes, isChunked: .random(using: &generator))
        let cuts = (0..<30)
            .map { _ in (Int.random(in: 0...bytes.count / 2, using: &generator), Bool.random(using: &generator)) }
        try await DownloadScratch.with { request, wire in
            let (cut, resets) = request.number < cuts.count ? cuts[request.number] : (.max, false)
            try await file.answer(request, wire, cutAfter: cut, resets: resets)
        } test: { scratch in
            let result = try await scratch.download(scratch.request(limits: DownloadLimits(tries: 40)))
            #expect(scratch.file == bytes)
            #expect(result.sha256 == DownloadScratch.sha256(bytes))
            #expect(scratch.names == ["file"])
        }
    }

    @Test(
        "begins anew when the file has changed, also when the server ignores what it is asked",
        arguments: [true, false]
    )
    func changed(_ isHonest: Bool) async throws {
        let old = HostedFile(bytes: Self.content)
        let new = HostedFile(bytes: HostedFile.random(300_000, seed: 2), etag: "\"two\"")
        try await DownloadScratch.with { request, wire in
            if request.number == 0 { return try await old.answer(request, wire, cutAfter: 5000) }
            guard isHonest || request.offset == nil else {
                let head = "HTTP/1.1 206 Part\r\nETag: \"two\"\r\nContent-Range: bytes 5000-299999/300000\r\n"
                try await wire.write(head + "Content-Length: 295000\r\n\r\n")
                return try await wire.write(Array(new.bytes[5000...]))
            }
            try await new.answer(request, wire)
        } test: { scratch in
            _ = try await scratch.download()
            #expect(scratch.file == new.bytes)
            #expect(scratch.server.requests.count == (isHonest ? 2 : 3))
        }
    }

    @Test("begins anew when there is nothing to tell that the file is the same", arguments: [nil, "W/\"one\""])
    func weak(_ tag: String?) async throws {
        let file = HostedFile(bytes: Self.content, etag: tag)
        try await DownloadScratch.with { request, wire in
            try await file.answer(request, wire, cutAfter: request.number == 0 ? 5000 : .max)
        } test: { scratch in
            _ = try await scratch.download()
            #expect(scratch.file == Self.content)
            #expect(scratch.server.requests.map(\.offset) == [nil, nil])
        }
    }

    @Test("begins anew when the range is refused")
    func unsatisfiable() async throws {
        let file = HostedFile(bytes: Self.content)
        try await DownloadScratch.with { request, wire in
            if request.offset != nil { return try await wire.write("HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n") }
            try await file.answer(request, wire, cutAfter: request.number == 0 ? 5000 : .max)
        } test: { scratch in
            _ = try await scratch.download()
            #expect(scratch.file == Self.content)
            #expect(scratch.server.requests.map(\.offset) == [nil, 5000, nil])
        }
    }

    @Test("is gone on with by the next one, and by nobody who wants another file")
    func later() async throws {
        let file = HostedFile(bytes: Self.content)
        try await DownloadScratch.with { request, wire in
            try await file.answer(request, wire, cutAfter: request.number == 0 ? 100_000 : .max)
        } test: { scratch in
            file.place.value = scratch.destination + ".partial"
            let once = DownloadLimits(tries: 1)
            #expect(try await scratch.failure(scratch.request(limits: once))?.code == .incomplete)
            #expect(scratch.partial == Array(Self.content[..<100_000]))
            for name in scratch.names {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(scratch.folder)/\(name)")
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
            _ = try await scratch.download()
            #expect(scratch.file == Self.content)
            #expect(scratch.server.requests.last?.offset == 100_000)
        }
        try await DownloadScratch.with { request, wire in
            try await file.answer(request, wire, cutAfter: request.number == 0 ? 100_000 : .max)
        } test: { scratch in
            file.place.value = scratch.destination + ".partial"
            _ = try await scratch.failure(scratch.request(limits: DownloadLimits(tries: 1)))
            _ = try await scratch.download(scratch.request("/other"))
            #expect(scratch.file == Self.content)
            #expect(scratch.server.requests.last?.offset == nil)
        }
    }

    @Test(
        "is not gone on with when its record or the start of the machine is another",
        arguments: ["", "junk", "boot"]
    )
    func records(_ change: String) async throws {
        let file = HostedFile(bytes: Self.content)
        try await DownloadScratch.with { request, wire in
            try await file.answer(request, wire, cutAfter: request.number == 0 ? 100_000 : .max)
        } test: { scratch in
            file.place.value = scratch.destination + ".partial"
            _ = try await scratch.failure(scratch.request(limits: DownloadLimits(tries: 1)))
            let path = scratch.destination + ".partial.state"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let record = try #require(PartialRecord(text))
            let other = PartialRecord(
                source: record.source,
                validator: record.validator,
                total: record.total,
                boot: "else"
            )
            try (change == "boot" ? other.text : change).write(toFile: path, atomically: false, encoding: .utf8)
            _ = try await scratch.download()
            #expect(scratch.file == Self.content)
            #expect(scratch.server.requests.last?.offset == nil)
        }
    }

    @Test("asks for the last byte again when all was there but the end")
    func complete() async throws {
        let file = HostedFile(bytes: Self.content)
        try await DownloadScratch.with { request, wire in
            try await file.answer(request, wire, cutAfter: request.number == 0 ? 100_000 : .max)
        } test: { scratch in
            file.place.value = scratch.destination + ".partial"
            _ = try await scratch.failure(scratch.request(limits: DownloadLimits(tries: 1)))
            try Data(Self.content).write(to: URL(filePath: scratch.destination + ".partial"))
            let result = try await scratch.download()
            #expect(scratch.file == Self.content)
            #expect(result.sha256 == DownloadScratch.sha256(Self.content))
            #expect(scratch.server.requests.last?.offset == Self.content.count - 1)
        }
    }

    @Test("of which somebody changed the bytes is found out by the checksum and thrown away")
    func tampered() async throws {
        let file = HostedFile(bytes: Self.content)
        try await DownloadScratch.with { request, wire in
            try await file.answer(request, wire, cutAfter: request.number == 0 ? 100_000 : .max)
        } test: { scratch in
            file.place.value = scratch.destination + ".partial"
            let sha256 = DownloadScratch.sha256(Self.content)
            _ = try await scratch.failure(scratch.request(limits: DownloadLimits(tries: 1)))
            try Data(repeating: 0, count: 100_000).write(to: URL(filePath: scratch.destination + ".partial"))
            #expect(try await scratch.failure(scratch.request(sha256: sha256))?.code == .checksumMismatch)
            #expect(scratch.names.isEmpty)
            _ = try await scratch.download(scratch.request(sha256: sha256))
            #expect(scratch.file == Self.content)
        }
    }

    @Test("goes on after its process was killed")
    func killed() async throws {
        let file = HostedFile(bytes: Self.content)
        try await DownloadScratch.with { request, wire in
            guard request.number == 0 else { return try await file.answer(request, wire) }
            // The client ends in the middle of this, so the connection is kept open.
            try await wire.write("HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: \(Self.content.count)\r\n\r\n")
            try await wire.write(Array(Self.content[..<300_000]))
        } test: { scratch in
            let endpoint = scratch.server.endpoint
            let destination = scratch.destination
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [endpoint = endpoint as String, destination = destination as String] in
                let downloader = Downloader(rules: try AddressRules(allowing: [endpoint]))
                _ = try await downloader.download(
                    DownloadRequest(url: "http://\(endpoint)/file", destination: destination)
                ) {
                    if $0.bytes > 0 { kill(getpid(), SIGKILL) }
                }
            }
            let left = try #require(scratch.partial)
            #expect(left.count >= 256 << 10)
            #expect(left == Array(Self.content[..<left.count]))
            _ = try await scratch.download()
            #expect(scratch.file == Self.content)
            #expect(scratch.server.requests.last?.offset == left.count)
            #expect(scratch.names == ["file"])
        }
    }

    @Test("keeps others away while it lasts")
    func twoAtOnce() async throws {
        let file = HostedFile(bytes: Self.content)
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        try await DownloadScratch.with { request, wire in
            for await _ in gate { break }
            try await file.answer(request, wire)
        } test: { scratch in
            async let first = scratch.download()
            while scratch.server.requests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
            let second = try await scratch.failure()
            #expect(second?.code == .busy)
            #expect(scratch.names == ["file.partial", "file.partial.state"])
            opener.finish()
            _ = try await first
            #expect(scratch.file == Self.content)
            #expect(scratch.server.requests.count == 1)
        }
    }

    @Test("is never mixed with others that come and go")
    func crowd() async throws {
        let file = HostedFile(bytes: Self.content)
        try await DownloadScratch.with { request, wire in
            try await file.answer(
                request,
                wire,
                cutAfter: request.number % 3 == 2 ? .max : 50_000 * (request.number % 5)
            )
        } test: { scratch in
            let codes = try await withThrowingTaskGroup(of: DownloadError.Code?.self) { group in
                for _ in 0..<24 { group.addTask { try await scratch.failure()?.code } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.contains(nil))
            #expect(codes.allSatisfy { $0 == nil || $0 == .busy })
            #expect(scratch.file == Self.content)
            #expect(scratch.names == ["file"])
        }
    }
}

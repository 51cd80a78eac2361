import Foundation
import HeddleTestSupport
import Synchronization
import Testing

@testable import Download

@Suite("A download")
struct DownloaderTests {
    @Test("brings the file, its hash and nothing else", arguments: [0, 1, 5000, 3_000_000])
    func whole(_ count: Int) async throws {
        let file = HostedFile(bytes: HostedFile.random(count))
        try await DownloadScratch.with {
            try await file.answer($0, $1)
        } test: { scratch in
            let reports = Mutex<[DownloadProgress]>([])
            let sha256 = DownloadScratch.sha256(file.bytes)
            let result = try await scratch.download(scratch.request("/a?key=1", sha256: sha256.uppercased())) {
                report in
                reports.withLock { $0.append(report) }
            }
            #expect(scratch.file == file.bytes)
            #expect(result.bytes == count)
            #expect(result.sha256 == sha256)
            #expect(result.finalURL == scratch.url("/a?key=1"))
            #expect(scratch.names == ["file"])
            let sizes = reports.withLock { $0.map(\.bytes) }
            #expect(sizes.first == 0)
            #expect(sizes.last == count)
            #expect(sizes == sizes.sorted())
            #expect(reports.withLock { $0.allSatisfy { $0.total == count } })
            let mode = try FileManager.default.attributesOfItem(atPath: scratch.destination)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let asked = scratch.server.requests.first?.headers
            #expect(asked?["accept-encoding"] == "identity")
            #expect(asked?["host"] == scratch.server.endpoint)
            #expect(asked?["range"] == nil)
        }
    }

    @Test("replaces what was there, and only when it is complete")
    func replaces() async throws {
        let file = HostedFile(bytes: [1, 2, 3])
        try await DownloadScratch.with {
            try await file.answer($0, $1)
        } test: { scratch in
            try Data("old".utf8).write(to: URL(filePath: scratch.destination))
            let wrong = scratch.request(sha256: String(repeating: "0", count: 64))
            #expect(try await scratch.failure(wrong)?.code == .checksumMismatch)
            #expect(scratch.file == Array("old".utf8))
            #expect(scratch.names == ["file"])
            _ = try await scratch.download()
            #expect(scratch.file == [1, 2, 3])
        }
    }

    @Test("takes chunks, and a file that ends with its connection when there is a checksum")
    func framings() async throws {
        let bytes = HostedFile.random(100_000)
        try await DownloadScratch.with { request, wire in
            if request.path == "/chunks" {
                try await HostedFile(bytes: bytes, isChunked: true).answer(request, wire)
            } else {
                try await wire.write("HTTP/1.0 200 OK\r\n\r\n")
                try await wire.write(bytes)
                try await wire.close()
            }
        } test: { scratch in
            _ = try await scratch.download(scratch.request("/chunks"))
            #expect(scratch.file == bytes)
            #expect(try await scratch.failure(scratch.request("/end"))?.code == .badAnswer)
            _ = try await scratch.download(scratch.request("/end", sha256: DownloadScratch.sha256(bytes)))
            #expect(scratch.names == ["file"])
        }
    }

    @Test("is refused before anything is asked when the request is wrong")
    func settings() async throws {
        try await DownloadScratch.answering("") { scratch async throws in
            for sha256 in ["", "0", String(repeating: "g", count: 64), String(repeating: "0", count: 63) + "\u{660}"] {
                #expect(try await scratch.failure(scratch.request(sha256: sha256))?.code == .invalidSetting)
            }
            for limits in [
                DownloadLimits(bytes: 0), DownloadLimits(total: .zero), DownloadLimits(idle: .zero),
                DownloadLimits(redirects: -1), DownloadLimits(tries: 0),
            ] {
                #expect(try await scratch.failure(scratch.request(limits: limits))?.code == .invalidSetting)
            }
            for path in [
                "", "/", "\(scratch.folder)/", "\(scratch.folder)/..", "\(scratch.folder)/none/file", "/proc/file",
                scratch.folder,
            ] {
                let request = DownloadRequest(url: scratch.url(), destination: path)
                #expect(try await scratch.failure(request)?.code == .notWritable)
            }
            #expect(scratch.server.requests.isEmpty)
            #expect(scratch.names.isEmpty)
        }
    }

    @Test("does not follow links and does not write to files of others")
    func links() async throws {
        let file = HostedFile(bytes: [1])
        try await DownloadScratch.with {
            try await file.answer($0, $1)
        } test: { scratch in
            let victim = scratch.folder + "/victim"
            try Data("keep".utf8).write(to: URL(filePath: victim))
            for name in ["file.partial", "file.partial.state"] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(scratch.folder)/\(name)",
                    withDestinationPath: victim
                )
                #expect(try await scratch.failure()?.code == .notWritable)
                try FileManager.default.removeItem(atPath: "\(scratch.folder)/\(name)")
            }
            try FileManager.default.linkItem(atPath: victim, toPath: scratch.destination + ".partial")
            #expect(try await scratch.failure()?.code == .notWritable)
            #expect(DownloadScratch.bytes(victim) == Array("keep".utf8))
        }
    }

    @Test("tells why nothing answers")
    func unreachable() async throws {
        try await DownloadScratch.answering("") { scratch in
            // A port that was free a moment ago: bound, and not listening.
            let unused = try await MisbehavingServer.with { _, _ in
            } test: {
                $0.port
            }
            let downloader = try scratch.downloader(allowing: ["127.0.0.1:\(unused)"])
            let request = DownloadRequest(
                url: "http://127.0.0.1:\(unused)/x?secret",
                destination: scratch.destination,
                limits: DownloadLimits(tries: 3)
            )
            let error = try await scratch.failure(request, with: downloader)
            #expect(error?.code == .unreachable)
            #expect(error?.message == "127.0.0.1:\(unused) takes no connection")
            #expect(scratch.clock.skipped.count == 2)
            let missing = DownloadRequest(url: "http://files.test/", destination: scratch.destination)
            #expect(try await scratch.failure(missing)?.code == .hostNotFound)
            #expect(scratch.names.isEmpty)
        }
    }

    @Test("has all the time it needs for the disk and for who watches it")
    func slowDisk() async throws {
        let file = HostedFile(bytes: HostedFile.random(3_000_000))
        try await DownloadScratch.with {
            try await file.answer($0, $1)
        } test: { scratch in
            let limits = DownloadLimits(total: .seconds(1_000_000), idle: .seconds(20), tries: 1)
            _ = try await scratch.download(scratch.request(limits: limits)) { _ in
                let sleeps = scratch.clock.sleeps
                scratch.clock.advance(by: .seconds(3600))
                // Whoever woke up has looked at the time and waits again, or has given the download up.
                while scratch.clock.sleeps == sleeps, !Task.isCancelled { await Task.yield() }
            }
            #expect(scratch.file == file.bytes)
            #expect(scratch.clock.now.offset >= .seconds(36_000))
        }
    }

    @Test("does not wait for names for ever")
    func silentNames() async throws {
        struct Silence: HostResolver {
            let clock: TestClock

            func addresses(of host: String) async throws -> [IPAddress] {
                while true {
                    try await Task.sleep(for: .milliseconds(5))
                    clock.advance(by: .seconds(7))
                }
            }
        }
        try await DownloadScratch.answering("") { scratch async throws in
            let downloader = try scratch.downloader(resolver: Silence(clock: scratch.clock))
            let limits = DownloadLimits(total: .seconds(1_000_000_000), tries: 2)
            let request = DownloadRequest(url: "http://a.test/", destination: scratch.destination, limits: limits)
            #expect(try await scratch.failure(request, with: downloader)?.code == .timedOut)
            #expect(scratch.names.isEmpty)
        }
    }

    @Test("reads no more than it can write, and stops when its task is cancelled")
    func backPressure() async throws {
        let sent = Mutex(0)
        let total = 512 << 20
        try await DownloadScratch.with { _, wire in
            try await wire.write("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: \(total)\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 1 << 18)
            for _ in 0..<total / piece.count {
                try await wire.write(piece)
                sent.withLock { $0 += piece.count }
            }
        } test: { scratch in
            let (never, continuation) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: DownloadError?.self) { group in
                group.addTask {
                    do {
                        _ = try await scratch.download { progress in
                            guard progress.bytes > 0 else { return }
                            // Ends when the task is cancelled.
                            for await _ in never {}
                        }
                        return nil
                    } catch {
                        return error as? DownloadError
                    }
                }
                // All that fits between the two is on its way when nothing more is taken for a while.
                var last = -1
                while last != sent.withLock(\.self) || last <= 0 {
                    last = sent.withLock(\.self)
                    try await Task.sleep(for: .milliseconds(300))
                }
                #expect(last < 64 << 20)
                group.cancelAll()
                #expect(
                    try await group.next() == DownloadError(.cancelled, "the download from 127.0.0.1 was cancelled")
                )
            }
            continuation.finish()
            // What was written can be gone on with.
            #expect(scratch.names == ["file.partial", "file.partial.state"])
        }
    }
}

import Foundation
import HeddleTestSupport
import Testing

@testable import Download

@Suite("A disk that is full")
struct DiskFullTests {
    /// A file system of one megabyte that only its own process has mounted, and that is seen through that process.
    private static func withSmallDisk(_ body: (String) async throws -> Void) async throws {
        try await ScratchDirectory.with { directory in
            let process = Process()
            let input = Pipe()
            let output = Pipe()
            process.executableURL = URL(filePath: "/usr/bin/env")
            let line = "mount -t tmpfs -o size=1m,mode=700 none \"$1\" && echo ready && exec cat"
            process.arguments = [
                "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", line, "sh", directory.path,
            ]
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            defer {
                try? input.fileHandleForWriting.close()
                process.waitUntilExit()
            }
            guard try output.fileHandleForReading.read(upToCount: 6) == Data("ready\n".utf8) else {
                guard !TestEnvironment.isCI else {
                    Issue.record("no file system can be mounted")
                    return
                }
                try Test.cancel("skipped: no file system can be mounted")
            }
            try await body("/proc/\(process.processIdentifier)/root\(directory.path)")
        }
    }

    @Test("is told as that, and what has come can be gone on with")
    func full() async throws {
        let file = HostedFile(bytes: HostedFile.random(900_000))
        try await Self.withSmallDisk { disk in
            try Data(repeating: 1, count: 500_000).write(to: URL(filePath: disk + "/ballast"))
            try await DownloadScratch.with {
                try await file.answer($0, $1)
            } test: { scratch in
                let request = DownloadRequest(url: scratch.url(), destination: disk + "/file")
                let error = try await scratch.failure(request)
                #expect(error == DownloadError(.diskFull, "file.partial does not fit on the storage any more"))
                #expect(scratch.server.requests.count == 1)
                let left = try #require(DownloadScratch.bytes(disk + "/file.partial"))
                #expect(left.count > 100_000 && left == Array(file.bytes[..<left.count]))
                try FileManager.default.removeItem(atPath: disk + "/ballast")
                _ = try await scratch.download(request)
                #expect(DownloadScratch.bytes(disk + "/file") == file.bytes)
                #expect(scratch.server.requests.last?.offset == left.count)
            }
        }
    }

    @Test("from the start leaves nothing behind that was not there")
    func fullFromStart() async throws {
        let file = HostedFile(bytes: HostedFile.random(1000))
        try await Self.withSmallDisk { disk in
            _ = FileManager.default.createFile(atPath: disk + "/ballast", contents: nil)
            let ballast = try FileHandle(forWritingTo: URL(filePath: disk + "/ballast"))
            while (try? ballast.write(contentsOf: Data(repeating: 1, count: 4096))) != nil {}
            try await DownloadScratch.with {
                try await file.answer($0, $1)
            } test: { scratch async throws in
                let request = DownloadRequest(url: scratch.url(), destination: disk + "/file")
                #expect(try await scratch.failure(request)?.code == .diskFull)
                #expect(try FileManager.default.contentsOfDirectory(atPath: disk) == ["ballast"])
            }
        }
    }
}

import FoundationEssentials
import Glibc
import HeddleModel
package import JSON

/// `heddle benchmark install`: archives of several sizes from a web server on this machine, against a plain copy, and packages out of
/// a warm store, against pip and npm.
package struct InstallBenchmark: Benchmark {
    private let executable: String
    private let scale: Double

    package init(executable: String, scale: Double) {
        self.executable = executable
        self.scale = scale
    }

    /// Runs everything; each part also tells its line to `report` when it is done.
    ///
    /// - Throws: ``HeddleError`` of the part that failed, or `commandNotFound` without Python, whose web server is used.
    package func run(report: @escaping (String) -> Void) async throws -> JSONValue {
        let folder = try BenchmarkFolder(executable: executable)
        let script = """
            import functools, http.server, sys
            handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
            handler.func.log_message = lambda *rest: None
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
        let web = try PlainProcess(["/usr/bin/python3", "-c", script, folder.path])
        defer { web.stop(SIGKILL) }
        let port = try Self.port(web)
        let server = try ServerUnderTest(
            executable: executable,
            dataDirectory: folder.path + "/data",
            variables: ["HEDDLE_DOWNLOADS_ALLOWED_HOSTS=127.0.0.1:\(port)"]
        )
        defer { server.stop() }
        report("archive                     seconds  copy + fsync     ratio")
        var rows: [JSONValue] = []
        for (index, megabytes) in [1, 50, 500].enumerated() {
            let size = max(1, Int(Double(megabytes) * min(1, scale)))
            rows.append(try measure(index, size, folder, server, port, report))
        }
        let packages = try await PackageBenchmark(folder: folder, scale: scale).run(report: report)
        return ["suite": "install", "rows": .array(rows), "packages": .array(packages)]
    }

    private func measure(
        _ index: Int,
        _ megabytes: Int,
        _ folder: BenchmarkFolder,
        _ server: ServerUnderTest,
        _ port: Int,
        _ report: (String) -> Void
    ) throws -> JSONValue {
        let name = "archive-\(index)"
        // It is not run, and an archive brings its own program.
        let content = try folder.writeExtension(name, adding: [.init(name: "runtime", value: ["command": ["./run"]])])
        try Data("#!/bin/sh\n".utf8).write(to: URL(filePath: content + "/run"))
        chmod(content + "/run", 0o755)
        try Self.fill(content + "/payload", megabytes: megabytes)
        let archive = "\(folder.path)/\(name).tar"
        let tar = try PlainProcess(["/usr/bin/tar", "-cf", archive, "-C", content, "."])
        guard tar.wait() == 0 else { throw HeddleError(.startFailed, "tar failed") }
        let copy = try Self.copy(archive, to: archive + ".copy")
        let body: JSONValue = [
            "source": ["kind": "url", "url": .string("http://127.0.0.1:\(port)/\(name).tar")], "activate": false,
        ]
        let load = try HTTPLoad(
            port: server.port,
            headers: ["Authorization: Bearer \(server.token)"],
            requests: [("/api/v1/extensions", body.text, #""state":"registered""#)]
        )
        let record = try load.runAll(callers: 1)
        guard record.failures == 0 else { throw HeddleError(.installationFailed, "the installation failed") }
        let seconds = Double(record.elapsed) / 1e9
        unlink(archive)
        unlink(archive + ".copy")
        let line =
            LatencyRecord.padded("\(megabytes) MB", 24) + LatencyRecord.fixed(seconds, 3, 11)
            + LatencyRecord.fixed(copy, 3, 14) + LatencyRecord.fixed(seconds / copy, 2, 10)
        report(line)
        return [
            "megabytes": .integer(megabytes), "seconds": .number(LatencyRecord.fixed(seconds, 4, 0)),
            "copy_seconds": .number(LatencyRecord.fixed(copy, 4, 0)),
            "ratio": .number(LatencyRecord.fixed(seconds / copy, 3, 0)),
        ]
    }

    private static func port(_ web: PlainProcess) throws(HeddleError) -> Int {
        var text = ""
        var chunk = [UInt8](repeating: 0, count: 64)
        while !text.contains("\n") {
            let count = read(web.output, &chunk, chunk.count)
            guard count > 0 else { throw HeddleError(.commandNotFound, "/usr/bin/python3 does not start a web server") }
            text += String(decoding: chunk[..<count], as: UTF8.self)
        }
        return Int(text.prefix { $0.isNumber }) ?? 0
    }

    /// Bytes that no compression makes smaller, the same each time.
    private static func fill(_ path: String, megabytes: Int) throws {
        guard let file = fopen(path, "wb") else { throw HeddleError(.storageFull, "the archive cannot be written") }
        defer { fclose(file) }
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        var words = [UInt64](repeating: 0, count: 1 << 17)
        for _ in 0..<megabytes {
            for index in words.indices {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                words[index] = state
            }
            guard fwrite(words, 8, words.count, file) == words.count else {
                throw HeddleError(.storageFull, "the archive cannot be written")
            }
        }
    }

    /// Seconds that a plain copy takes until it is on the disk.
    private static func copy(_ source: String, to target: String) throws -> Double {
        let start = MonotonicClock.now
        let (input, output) = (open(source, O_RDONLY), open(target, O_WRONLY | O_CREAT | O_TRUNC, 0o644))
        defer {
            close(input)
            close(output)
        }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(input, &chunk, chunk.count)
            guard count > 0 else { break }
            guard write(output, chunk, count) == count else { throw HeddleError(.storageFull, "the disk is full") }
        }
        guard fsync(output) == 0 else { throw HeddleError(.storageFull, "the copy cannot be written") }
        return Double(MonotonicClock.now - start) / 1e9
    }
}

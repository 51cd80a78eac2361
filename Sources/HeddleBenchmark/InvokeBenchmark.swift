import FoundationEssentials
import Glibc
import HeddleClient
package import HeddleModel
package import JSON

/// `heddle benchmark invoke`: the echo extension through the server, and straight over its pipe.
package struct InvokeBenchmark: Sendable {
    /// What every call carries.
    static let text = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

    private let executable: String
    private let echo: String
    private let seconds: Double

    /// Finds the echo extension beside the given executable.
    ///
    /// - Throws: ``HeddleError`` with `commandNotFound`.
    package init(executable: String, seconds: Double) throws(HeddleError) {
        self.executable = executable
        self.seconds = seconds
        echo = "/" + executable.split(separator: "/").dropLast().joined(separator: "/") + "/heddle-echo"
        guard access(echo, X_OK) == 0 else {
            throw HeddleError(.commandNotFound, "heddle-echo is not beside heddle; build it first")
        }
    }

    /// Runs everything; each part also tells its line to `report` when it is done.
    ///
    /// - Throws: ``HeddleError`` of the part that failed.
    package func run(report: (String) -> Void) async throws -> JSONValue {
        let folder = "/tmp/heddle-benchmark-\(UUID().uuidString.lowercased())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        report(LatencyRecord.heading)
        let launcher = try await EchoLauncher(echo, folder: folder)
        var rows = try await pipes(launcher, report)
        let server = try ServerUnderTest(executable: executable, dataDirectory: folder + "/data")
        defer { server.stop() }
        rows += try await calls(server, report)
        let memory = server.anonymousMemory
        let firstStop = server.stop()
        let starts = try await self.starts(launcher)
        let many = try await manyExtensions(folder)
        report("")
        let facts: [(String, Double, String)] = [
            ("start, plain", starts.plain, "ms"), ("start, sandboxed", starts.confined, "ms"),
            ("ready with 100 lazy extensions", many.ready, "ms"),
            ("anonymous memory idle with 100", many.memory, "MB"),
            ("anonymous memory after the load", Double(memory) / 1_048_576, "MB"),
            ("stop with a process running", Double(firstStop) / 1e6, "ms"),
        ]
        for (name, value, unit) in facts {
            report(LatencyRecord.padded(name, 34) + LatencyRecord.fixed(value, 2, 10) + " " + unit)
        }
        return [
            "suite": "invoke", "calls": .array(rows),
            "facts": .array(
                facts.map {
                    ["name": .string($0.0), "value": .number(LatencyRecord.fixed($0.1, 3, 0)), "unit": .string($0.2)]
                }
            ),
        ]
    }

    // MARK: Parts

    private func pipes(_ launcher: EchoLauncher, _ report: (String) -> Void) async throws -> [JSONValue] {
        var rows: [JSONValue] = []
        for isConfined in [false, true] {
            let process = try await launcher.start(isConfined: isConfined)
            for callers in [1, 16, 64] {
                let record = try PipeLoad.run(
                    input: process.input,
                    output: process.output,
                    callers: callers,
                    seconds: seconds
                )
                rows.append(row(isConfined ? "pipe, sandboxed" : "pipe", callers, record, report))
            }
            await process.stop()
        }
        return rows
    }

    private func calls(_ server: ServerUnderTest, _ report: (String) -> Void) async throws -> [JSONValue] {
        var rows: [JSONValue] = []
        for level in [SandboxLevel.none, .process] {
            let name = "echo-\(level.rawValue)"
            try await register(name, level, server)
            let path = "/api/v1/extensions/\(name)/capabilities/echo/invoke"
            let load = try HTTPLoad(
                port: server.port,
                path: path,
                headers: ["Authorization: Bearer \(server.token)"],
                body: #"{"parameters":{"text":"\#(Self.text)"}}"#,
                expected: Self.text
            )
            _ = try load.run(callers: 4, seconds: min(0.5, seconds))
            for callers in [1, 16, 64] {
                let record = try load.run(callers: callers, seconds: seconds)
                rows.append(row(level == .none ? "server" : "server, sandboxed", callers, record, report))
            }
        }
        return rows
    }

    private func register(
        _ name: String,
        _ level: SandboxLevel,
        _ server: ServerUnderTest
    ) async throws {
        let request = ExtensionRequest(
            name: name,
            source: .command([echo], directory: "/"),
            grants: Grants(level: level),
            isActivated: true
        )
        _ = try await HeddleClient.withClient(server: "http://127.0.0.1:\(server.port)", token: server.token) {
            client in
            try await client.addExtension(request)
        }
    }

    /// Milliseconds from the start of a process to its first answer, as medians.
    private func starts(_ launcher: EchoLauncher) async throws -> (plain: Double, confined: Double) {
        var medians: [Double] = []
        for isConfined in [false, true] {
            var record = LatencyRecord()
            for _ in 0..<20 {
                let start = MonotonicClock.now
                let process = try await launcher.start(isConfined: isConfined)
                _ = try PipeLoad.run(input: process.input, output: process.output, callers: 1, seconds: 0)
                record.add(MonotonicClock.now - start)
                await process.stop()
            }
            medians += record.percentiles([0.5])
        }
        return (medians[0], medians[1])
    }

    private func manyExtensions(_ folder: String) async throws -> (ready: Double, memory: Double) {
        let data = folder + "/many"
        let first = try ServerUnderTest(executable: executable, dataDirectory: data)
        for number in 0..<100 {
            try await register("echo-\(number)", .process, first)
        }
        first.stop()
        let second = try ServerUnderTest(executable: executable, dataDirectory: data)
        let memory = Double(second.anonymousMemory) / 1_048_576
        second.stop()
        return (Double(second.readyAfter) / 1e6, memory)
    }

    // MARK: Output

    private func row(_ path: String, _ callers: Int, _ record: LatencyRecord, _ report: (String) -> Void) -> JSONValue {
        report(record.line(path, callers: callers))
        return record.json(path, callers: callers)
    }
}

import FoundationEssentials
import Glibc
import HeddleClient
import HeddleExtensions
package import HeddleModel
import HeddleSandbox
package import JSON
import Logging

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
        var rows = try await pipes(folder, report)
        let server = try ServerUnderTest(executable: executable, dataDirectory: folder + "/data")
        rows += try await calls(server, report)
        let memory = server.anonymousMemory
        let firstStop = server.stop()
        let starts = try await self.starts(folder)
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

    private func pipes(_ folder: String, _ report: (String) -> Void) async throws -> [JSONValue] {
        var rows: [JSONValue] = []
        for level in [SandboxLevel.none, .process] {
            let process = try await launch(level, folder)
            for callers in [1, 16, 64] {
                let record = try PipeLoad.run(
                    input: process.standardInput,
                    output: process.standardOutput,
                    callers: callers,
                    seconds: seconds
                )
                rows.append(row(level == .none ? "pipe" : "pipe, sandboxed", callers, record, report))
            }
            await process.terminate(grace: .milliseconds(200))
        }
        return rows
    }

    private func launch(_ level: SandboxLevel, _ folder: String) async throws -> SandboxedProcess {
        let resolved = try await CommandResolver(searchPath: "/usr/bin", protectedPaths: [])
            .resolve([echo], directory: nil)
        let sandbox = Sandbox(logger: Logger(label: "heddle.benchmark") { _ in SwiftLogNoOpLogHandler() })
        try sandbox.prepare()
        return try await sandbox.launch(
            resolved.command,
            policy: SandboxPolicy(
                level: level,
                readOnlyPaths: resolved.readOnlyPaths,
                dataDirectory: folder + "/echo-data",
                environment: resolved.environment.merging(["PATH": "/usr/bin"]) { own, _ in own },
                userID: 1_600_090_000
            )
        )
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
    private func starts(_ folder: String) async throws -> (plain: Double, confined: Double) {
        var medians: [Double] = []
        for level in [SandboxLevel.none, .process] {
            var record = LatencyRecord()
            for _ in 0..<20 {
                let start = MonotonicClock.now
                let process = try await launch(level, folder)
                _ = try PipeLoad.run(
                    input: process.standardInput,
                    output: process.standardOutput,
                    callers: 1,
                    seconds: 0
                )
                record.add(MonotonicClock.now - start)
                await process.terminate(grace: .milliseconds(100))
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
        _ = first.stop()
        let second = try ServerUnderTest(executable: executable, dataDirectory: data)
        let memory = Double(second.anonymousMemory) / 1_048_576
        _ = second.stop()
        return (Double(second.readyAfter) / 1e6, memory)
    }

    // MARK: Output

    private func row(_ path: String, _ callers: Int, _ record: LatencyRecord, _ report: (String) -> Void) -> JSONValue {
        report(record.line(path, callers: callers))
        return record.json(path, callers: callers)
    }
}

import HeddleClient
import HeddleModel
package import JSON

/// `heddle benchmark invoke`: an echo extension through the server, and straight over its pipe.
package struct InvokeBenchmark: Benchmark {
    /// What every call carries.
    static let text = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

    private let executable: String
    private let seconds: Double
    /// Another extension with a tool `echo` that answers with its `text`; empty for `heddle-echo`.
    private let command: [String]

    package init(executable: String, seconds: Double, command: [String] = []) {
        self.executable = executable
        self.seconds = seconds
        self.command = command
    }

    package func run(report tell: @escaping (String) -> Void) async throws -> JSONValue {
        let folder = try BenchmarkFolder(executable: executable)
        var report = BenchmarkReport(tell)
        let echo = command.isEmpty ? [folder.echo] : command
        let launcher = try await EchoLauncher(echo, folder: folder.path)
        try await measurePipes(launcher, &report)
        let server = try ServerUnderTest(executable: executable, dataDirectory: folder.path + "/data")
        defer { server.stop() }
        try await measureCalls(server, echo, &report)
        let memory = server.anonymousMemory
        let firstStop = server.stop()
        let starts = try await self.starts(launcher)
        let many = try await manyExtensions(echo, folder)
        report.add(fact: "start, plain", starts.plain, "ms")
        report.add(fact: "start, sandboxed", starts.confined, "ms")
        report.add(fact: "ready with 100 lazy extensions", many.ready, "ms")
        report.add(fact: "anonymous memory idle with 100", many.memory, "MB")
        report.add(fact: "anonymous memory after the load", Double(memory) / 1_048_576, "MB")
        report.add(fact: "stop with a process running", Double(firstStop) / 1e6, "ms")
        return report.json(suite: "invoke")
    }

    // MARK: Parts

    private func measurePipes(_ launcher: EchoLauncher, _ report: inout BenchmarkReport) async throws {
        for isConfined in [false, true] {
            let process = try await launcher.start(isConfined: isConfined)
            for callers in [1, 16, 64] {
                let record = try PipeLoad.run(
                    input: process.input,
                    output: process.output,
                    callers: callers,
                    seconds: seconds
                )
                report.add(isConfined ? "pipe, sandboxed" : "pipe", callers: callers, record)
            }
            await process.stop()
        }
    }

    private func measureCalls(
        _ server: ServerUnderTest,
        _ echo: [String],
        _ report: inout BenchmarkReport
    ) async throws {
        for level in [SandboxLevel.none, .process] {
            let name = "echo-\(level.rawValue)"
            try await register(name, echo, level, server)
            let row = level == .none ? "server" : "server, sandboxed"
            try measure(row, try Self.rest(name, server), &report)
            guard level == .none else { continue }
            let body: JSONValue = [
                "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": ["name": .string("\(name)__echo"), "arguments": ["text": .string(Self.text)]],
            ]
            let headers =
                server.headers + [
                    "Accept: application/json, text/event-stream", "MCP-Protocol-Version: 2025-11-25",
                ]
            let load = try HTTPLoad(
                port: server.port,
                path: "/mcp",
                headers: headers,
                body: body.text,
                expected: Self.text
            )
            try measure("server, MCP", load, &report)
        }
        // Only our own says that it changes nothing when it is asked to.
        guard command.isEmpty else { return }
        try await register("echo-cached", echo + ["--read-only"], .none, server)
        try measure("server, cached", try Self.rest("echo-cached", server), &report)
    }

    private static func rest(_ name: String, _ server: ServerUnderTest) throws -> HTTPLoad {
        try HTTPLoad(
            port: server.port,
            path: "/api/v1/extensions/\(name)/capabilities/echo/invoke",
            headers: server.headers,
            body: #"{"parameters":{"text":"\#(text)"}}"#,
            expected: text
        )
    }

    private func measure(_ row: String, _ load: HTTPLoad, _ report: inout BenchmarkReport) throws {
        _ = try load.run(callers: 4, seconds: min(0.5, seconds))
        for callers in [1, 16, 64] {
            report.add(row, callers: callers, try load.run(callers: callers, seconds: seconds))
        }
    }

    private func register(
        _ name: String,
        _ command: [String],
        _ level: SandboxLevel,
        _ server: ServerUnderTest
    ) async throws {
        let request = ExtensionRequest(
            name: name,
            source: .command(command, directory: "/"),
            grants: Grants(read: command.dropFirst().filter { $0.hasPrefix("/") }, level: level),
            isActivated: true
        )
        _ = try await server.withClient { try await $0.addExtension(request) }
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

    private func manyExtensions(
        _ echo: [String],
        _ folder: BenchmarkFolder
    ) async throws -> (ready: Double, memory: Double) {
        let data = folder.path + "/many"
        let first = try ServerUnderTest(executable: executable, dataDirectory: data)
        for number in 0..<100 {
            try await register("echo-\(number)", echo, .process, first)
        }
        first.stop()
        let second = try ServerUnderTest(executable: executable, dataDirectory: data)
        let memory = Double(second.anonymousMemory) / 1_048_576
        second.stop()
        return (Double(second.readyAfter) / 1e6, memory)
    }
}

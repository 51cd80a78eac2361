import HeddleClient
import HeddleModel
package import JSON

/// `heddle benchmark memory`: a server's memory while it makes calls of all kinds: kept results and none, parameters that
/// never come again, REST and MCP, and a tool that does not exist.
package struct MemoryBenchmark: Benchmark {
    private static let steps = 10
    private static let callers = 16

    private let executable: String
    private let calls: Int

    package init(executable: String, calls: Int) {
        self.executable = executable
        self.calls = calls
    }

    package func run(report: @escaping (String) -> Void) async throws -> JSONValue {
        let folder = try BenchmarkFolder(executable: executable)
        let server = try ServerUnderTest(executable: executable, dataDirectory: folder.path + "/data")
        defer { server.stop() }
        for (name, options) in [("plain", []), ("kept", ["--read-only"])] {
            let request = ExtensionRequest(
                name: name,
                source: .command([folder.echo] + options, directory: "/"),
                grants: Grants(level: .none),
                isActivated: true
            )
            _ = try await server.withClient { try await $0.addExtension(request) }
        }
        report("calls         calls/s   anonymous MB")
        var rows: [JSONValue] = []
        for step in 0..<Self.steps {
            let record = try self.step(step, server)
            guard record.failures == 0 else {
                throw HeddleError(.internalError, "\(record.failures) calls were not answered as they should be")
            }
            let made = (step + 1) * (calls / Self.steps)
            let memory = Double(server.anonymousMemory) / 1_048_576
            report(
                LatencyRecord.padded(String(made), 10) + LatencyRecord.fixed(record.rate, 0, 11)
                    + LatencyRecord.fixed(memory, 1, 15)
            )
            rows.append(["calls": .integer(made), "memory_mb": .number(LatencyRecord.fixed(memory, 2, 0))])
        }
        return ["suite": "memory", "rows": .array(rows)]
    }

    /// A share of the calls, in parts so that the requests themselves need little memory.
    private func step(_ step: Int, _ server: ServerUnderTest) throws -> LatencyRecord {
        var whole = LatencyRecord()
        let headers = server.headers + ["Accept: application/json, text/event-stream"]
        var left = calls / Self.steps
        while left > 0 {
            let count = min(10_000, left)
            let requests = (0..<count).map { Self.request(step * calls + left - $0) }
            let record = try HTTPLoad(port: server.port, headers: headers, requests: requests)
                .runAll(callers: Self.callers)
            whole.take(record)
            left -= count
        }
        return whole
    }

    private static func request(_ number: Int) -> (path: String, body: String, expected: String) {
        let text = "text \(number) of its own"
        let rest = #"{"parameters":{"text":"\#(text)"}}"#
        switch number % 5 {
        case 0: return ("/api/v1/extensions/plain/capabilities/echo/invoke", rest, text)
        case 1: return ("/api/v1/extensions/kept/capabilities/echo/invoke", rest, text)
        case 2:
            let repeated = #"{"parameters":{"text":"the same each time"}}"#
            return ("/api/v1/extensions/kept/capabilities/echo/invoke", repeated, "the same each time")
        case 3: return ("/mcp", call("plain__echo", text, number), text)
        default: return ("/mcp", call("missing-\(number)", text, number), "Unknown tool")
        }
    }

    private static func call(_ tool: String, _ text: String, _ number: Int) -> String {
        #"{"jsonrpc":"2.0","id":\#(number),"method":"tools/call","params":{"name":"\#(tool)","arguments":{"text":"\#(text)"}}}"#
    }
}

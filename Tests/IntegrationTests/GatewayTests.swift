import FoundationEssentials
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("The MCP gateway", .serialized)
    struct GatewayTests {
        private static let fixtures = TestEnvironment.checkout + "/Tests/Fixtures/mcp"

        /// What a server of the legacy era cannot do, whoever stands before it: choose keys of questions, know what a client
        /// can do, make tasks of its own.
        private static let beyondLegacy: Set<String> = [
            "input-required-result-basic-elicitation.key-and-method", "input-required-result-basic-elicitation.schema",
            "input-required-result-capability-check.asks", "server-stateless.missing-capability",
            "server-stateless.missing-capability-status", "tasks-capability-negotiation.per-request",
            "tasks-capability-negotiation.runs-to-its-end", "tasks-dispatch-and-envelope.parked-task",
            "tasks-dispatch-and-envelope.runs-to-its-end", "tasks-lifecycle.runs-to-its-end",
            "tasks-mrtr-composition.becomes-task", "tasks-mrtr-composition.runs-to-its-end",
            "tasks-mrtr-input.confirm-task", "tasks-mrtr-input.runs-to-its-end", "tasks-required-task-error.code",
            "tasks-required-task-error.data", "input-required-result-multiple-input-requests.three-kinds",
            "input-required-result-multiple-input-requests.completes",
        ]

        private static func addEverything(_ server: ServerFixture, _ name: String, _ era: String) throws {
            let command =
                ["/usr/bin/python3", fixtures + "/everything"] + (era == "legacy" ? ["--era", "legacy"] : [])
            let answer = try server.register(name, command)
            try #require(answer.status == 201, "\(answer.json.text)")
        }

        /// The checks that fail, each with what was found; on a busy machine some wait for too short a time, so that what fails
        /// has to fail twice.
        private static func failures(
            _ server: ServerFixture,
            _ script: String,
            _ arguments: [String],
            atLeast passing: Int
        ) throws -> [String: Substring] {
            var failed: [String: Substring] = [:]
            for round in 0..<2 {
                let lines = try run(server, script, arguments).lines
                let passed = lines.count { $0.hasPrefix("pass ") }
                #expect(round == 0 || passed >= passing, "\(lines.suffix(3))")
                var found: [String: Substring] = [:]
                for line in lines where line.hasPrefix("fail ") {
                    found[line.split(separator: " ").dropFirst().first.map(String.init) ?? ""] = line
                }
                failed = round == 0 ? found : found.filter { failed[$0.key] != nil }
                if failed.isEmpty, passed >= passing { return [:] }
            }
            return failed
        }

        /// Runs a script against an endpoint and returns its lines.
        private static func run(
            _ server: ServerFixture,
            _ script: String,
            _ arguments: [String]
        ) throws -> (status: Int32?, lines: [Substring]) {
            let python = try #require(TestEnvironment.clientPython, "HEDDLE_TEST_PYTHON names no interpreter")
            let child = try ChildProcess(
                [python, fixtures + "/" + script] + arguments,
                output: server.scratch.path + "/script.out",
                error: server.scratch.path + "/script.err"
            )
            let status = child.wait(seconds: 240)
            let errors = readText(server.scratch.path + "/script.err")
            #expect(!errors.contains("Traceback"), "\(errors.suffix(2000))")
            return (status, child.text.split(separator: "\n"))
        }

        @Test(
            "passes the checks of each era before a server of each era",
            .enabled(if: TestEnvironment.clientPython != nil || TestEnvironment.isCI, "skipped: no Python for tests"),
            arguments: [("modern", "modern"), ("modern", "legacy"), ("legacy", "modern"), ("legacy", "legacy")]
        )
        func conformance(client: String, server era: String) async throws {
            try await ServerFixture.with { server in
                try Self.addEverything(server, "everything", era)
                let url = server.url + "/mcp/extensions/everything"
                let failed = try Self.failures(
                    server,
                    "conformance.py",
                    [url, "--era", client, "--token", server.token],
                    atLeast: client == "modern" ? 240 : 140
                )
                let isBridge = client == "modern" && era == "legacy"
                let unexpected = failed.filter { !isBridge || !Self.beyondLegacy.contains($0.key) }
                #expect(unexpected.isEmpty, "\(unexpected.values.joined(separator: "\n"))")
            }
        }

        /// What the official client finds at a server of the legacy era: its calls end before they would become tasks.
        private static let withoutTasks = ["tasks.slow_compute", "tasks.confirm_delete", "tasks.multi_input"]

        @Test(
            "serves the official client at every revision, before a server of each era",
            .enabled(if: TestEnvironment.clientPython != nil || TestEnvironment.isCI, "skipped: no Python for tests"),
            arguments: ["modern", "legacy"]
        )
        func matrix(era: String) async throws {
            try await ServerFixture.with { server in
                try Self.addEverything(server, "everything", era)
                let url = server.url + "/mcp/extensions/everything"
                let arguments = [url, "--token", server.token]
                let failed = try Self.failures(server, "client_matrix.py", arguments, atLeast: 170)
                    .filter { check in era == "modern" || !Self.withoutTasks.contains { check.key.contains($0) } }
                #expect(failed.isEmpty, "\(failed.values.joined(separator: "\n"))")
            }
        }

        @Test(
            "serves a client over pipes with three extensions, as a desktop's configuration starts it",
            .enabled(if: TestEnvironment.clientPython != nil || TestEnvironment.isCI, "skipped: no Python for tests")
        )
        func desktop() async throws {
            try await ServerFixture.with { server in
                try Self.addEverything(server, "everything", "modern")
                try server.registerEcho("first")
                try server.registerEcho("second")
                let bridge = [ServerFixture.program, "mcp", "--server", server.url, "--data-dir", server.data]
                let arguments = ["--prefix", "everything__", "--stdio"] + bridge
                let failed = try Self.failures(server, "client_matrix.py", arguments, atLeast: 170)
                #expect(failed.isEmpty, "\(failed.values.joined(separator: "\n"))")
            }
        }

        /// A request of the modern era to the tools of one extension.
        private static func modern(
            _ server: ServerFixture,
            _ name: String,
            _ more: String = "",
            arguments: String = "{}"
        ) throws -> HTTPAnswer {
            let meta =
                #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#
                + #""io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}"#
            return try server.request(
                "POST",
                "/mcp/extensions/everything",
                body: #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\#(name)","#
                    + #""arguments":\#(arguments)\#(more),\#(meta)}}"#,
                headers: [
                    "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28",
                    "Mcp-Method": "tools/call", "Mcp-Name": name,
                ]
            )
        }

        @Test("keeps calls that wait for their clients, in a bounded number, and takes no state but for its own call")
        func parked() async throws {
            try await ServerFixture.with { server in
                try Self.addEverything(server, "everything", "legacy")
                let arguments = #"{"message":"who?"}"#
                func ask() throws -> JSONValue? {
                    try Self.modern(server, "test_elicitation", arguments: arguments).json["result"]
                }
                let first = try #require(try ask())
                #expect(first["resultType"]?.string == "input_required")
                let key = "elicitation-1"
                #expect(first["inputRequests"]?[key]?["method"]?.string == "elicitation/create", "\(first.text)")
                let state = try #require(first["requestState"]).text
                let answer = #"{"action":"accept","content":{"username":"u","email":"u@example.com"}}"#
                let more = #","inputResponses":{"\#(key)":\#(answer)},"requestState":\#(state)"#
                // The state of one call is of no use for another.
                let other = try Self.modern(server, "test_elicitation", more, arguments: #"{"message":"what?"}"#)
                #expect(other.json["error"]?["code"]?.integer == -32602, "\(other.json.text)")
                let wrong = try Self.modern(server, "test_simple_text", more)
                #expect(wrong.json["error"]?["code"]?.integer == -32602, "\(wrong.json.text)")
                // Without the answer it is asked again, on whatever connection.
                let again = try Self.modern(
                    server,
                    "test_elicitation",
                    #","inputResponses":{"no-such-key":{}},"requestState":\#(state)"#,
                    arguments: arguments
                )
                #expect(again.json["result"]?["resultType"]?.string == "input_required", "\(again.json.text)")
                let done = try Self.modern(server, "test_elicitation", more, arguments: arguments)
                #expect(done.json["result"]?["resultType"]?.string == "complete", "\(done.json.text)")
                // What is over is over.
                let replayed = try Self.modern(server, "test_elicitation", more, arguments: arguments)
                #expect(replayed.json["error"]?["code"]?.integer == -32602, "\(replayed.json.text)")
                var waiting = 0
                for _ in 0..<110 where try ask()?["resultType"]?.string == "input_required" { waiting += 1 }
                #expect(waiting == 100)
                #expect(try Self.modern(server, "test_simple_text").json["result"] != nil)
            }
        }
    }
}

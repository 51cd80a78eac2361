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
                let (status, lines) = try Self.run(
                    server,
                    "conformance.py",
                    [url, "--era", client, "--token", server.token]
                )
                let failed = lines.filter { $0.hasPrefix("fail ") }
                let names = failed.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
                let isBridge = client == "modern" && era == "legacy"
                let unexpected = isBridge ? Set(names).subtracting(Self.beyondLegacy) : Set(names)
                #expect(unexpected.isEmpty, "\(failed.joined(separator: "\n"))")
                #expect(lines.count { $0.hasPrefix("pass ") } >= (client == "modern" ? 240 : 140))
                #expect(status == (names.isEmpty ? 0 : 1))
            }
        }
    }
}

import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Packages of npm and servers of other clients", .serialized)
    struct ImportTests {
        /// Packs the small JavaScript server as npm does.
        static func packedServer(_ server: ServerFixture) throws -> String {
            let script = try String(
                decoding: Data(contentsOf: URL(filePath: TestEnvironment.checkout + "/Tests/Fixtures/server.js")),
                as: UTF8.self
            )
            let folder = "npm/package"
            try server.scratch.write(folder + "/server.js", script)
            let description = #"{"name":"@acme/greeter","version":"1.4.2","bin":{"greeter":"server.js"}}"#
            try server.scratch.write(folder + "/package.json", description)
            let archive = server.scratch.path + "/greeter-1.4.2.tgz"
            try #require(system("tar -C '\(server.scratch.path)/npm' -czf '\(archive)' package") == 0)
            return archive
        }

        @Test(
            "a package of npm is installed from a file and answers",
            .enabled(if: TestEnvironment.isCI || TestEnvironment.hasProgram("npm"), "skipped: no npm")
        )
        func npm() async throws {
            try await ServerFixture.with { server in
                let archive = try Self.packedServer(server)
                let added = try server.command(
                    ["ext", "add", "greeter", "--yes", "--npm", archive, "--", "north", "sea"],
                    seconds: 120
                )
                #expect(added.status == 0, "\(added)")
                #expect(try server.call("greeter", "greet", ["name": "Ada"]).toolText == "Hello Ada, from north,sea")
                let shown = try server.request("GET", "/api/v1/extensions/greeter").json
                #expect(shown["version"] == "1.4.2" && shown["source"]?["kind"] == "npm", "\(shown.text)")
                try server.restart()
                #expect(try server.call("greeter", "greet", ["name": "Bo"]).toolText?.hasPrefix("Hello Bo") == true)
                let folder = try FileManager.default.contentsOfDirectory(atPath: server.data + "/packages")
                #expect(folder.count == 1)
                #expect(try server.request("DELETE", "/api/v1/extensions/greeter").status == 204)
                #expect(try FileManager.default.contentsOfDirectory(atPath: server.data + "/packages").isEmpty)
            }
        }

        @Test(
            "a desktop client's file with five servers is imported, and what cannot come along is told with its reason"
        )
        func desktopFile() async throws {
            try await ServerFixture.with { server in
                _ = try Self.packedServer(server)
                let python = server.misbehaving([]).dropFirst().map(JSONValue.string)
                let file: JSONValue = [
                    "mcpServers": [
                        "Time": ["command": "uvx", "args": ["mcp-server-time", "--local-timezone=UTC"]],
                        "calculator": [
                            "command": "uvx", "args": ["--from", "mcp-server-calculator", "mcp-server-calculator"],
                        ],
                        "Echo Server": ["command": .string(server.echo), "args": []],
                        "misbehaving": [
                            "command": "/usr/bin/python3", "args": .array(Array(python)),
                            "env": ["API_KEY": "s3cret-value"],
                        ],
                        "greeter": [
                            "command": "node", "args": [.string(server.scratch.path + "/npm/package/server.js")],
                        ],
                        "nowhere": ["command": "/nothing/here"],
                        "in a container": ["command": "docker", "args": ["run", "-i", "mcp/time"]],
                        "far away": ["url": "https://example.com/mcp"],
                    ],
                    "globalShortcut": "Ctrl+Space",
                ]
                try server.scratch.write("claude_desktop_config.json", file.text)
                let path = server.scratch.path + "/claude_desktop_config.json"
                let planned = try server.command(["ext", "import", path, "--dry-run"], seconds: 60)
                #expect(planned.status == 1 && planned.output.contains("docker"), "\(planned)")
                #expect(!planned.output.contains("s3cret") && !planned.error.contains("s3cret"))
                #expect(try server.request("GET", "/api/v1/extensions?total=true").json["total"] == 0)
                let asked = try server.command(["ext", "import", path], seconds: 60)
                #expect(asked.status == 2 && asked.error.contains("--yes"), "\(asked)")

                let result = try server.command(["ext", "import", path, "--yes", "--output", "json"], seconds: 300)
                #expect(result.status == 1, "\(result)")
                let rows = try JSONValue(parsing: Array(result.output.utf8))["servers"]?.array ?? []
                let outcomes = Dictionary(
                    uniqueKeysWithValues: rows.map { ($0["name"]?.string ?? "", $0["outcome"]?.string ?? "") }
                )
                #expect(
                    outcomes == [
                        "time": "added", "calculator": "added", "echo-server": "added", "misbehaving": "added",
                        "greeter": "added", "nowhere": "failed", "in-a-container": "refused", "far-away": "refused",
                    ],
                    "\(result)"
                )
                let time = try server.call("time", "get_current_time", ["timezone": "UTC"])
                #expect(time.toolText?.contains("UTC") == true, "\(time.json.text)")
                #expect(
                    try server.call("calculator", "calculate", ["expression": "6*7"]).toolText?.contains("42") == true
                )
                #expect(try server.call("echo-server", "echo", ["text": "hi"]).toolText == "hi")
                #expect(try server.call("greeter", "greet", ["name": "Ada"]).toolText?.hasPrefix("Hello Ada") == true)
                let seen = try server.call("misbehaving", "probe", ["what": "environ"]).toolText ?? ""
                #expect(seen.contains("s3cret-value"))
                let shown = try server.command(["ext", "show", "misbehaving", "--output", "json"], seconds: 60)
                #expect(!shown.output.contains("s3cret-value") && shown.output.contains("API_KEY"), "\(shown)")
                #expect(!server.log.contains("s3cret-value"))
                var status = stat()
                #expect(stat(server.data + "/heddle.sqlite", &status) == 0 && status.st_mode & 0o077 == 0)
            }
        }
    }
}

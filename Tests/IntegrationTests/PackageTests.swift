import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    /// Real extensions, installed from the package index that this machine's pip is configured for.
    @Suite("Extensions from PyPI", .serialized, .timeLimit(.minutes(10)))
    struct PackageTests {
        /// Adds a package over the command line.
        ///
        /// - Throws: ends the test by name when there is no package index; in CI that is a failure.
        private func add(_ server: ServerFixture, _ arguments: String...) throws {
            let added = try server.command(["ext", "add"] + arguments, seconds: 240)
            if added.status != 0, added.error.contains("could not be reached"), !TestEnvironment.isCI {
                try Test.cancel("skipped: no package index")
            }
            try #require(added.status == 0, "\(added.error)")
        }

        @Test("time: nothing runs before the first call, and the call prints the tool's JSON")
        func time() async throws {
            try await ServerFixture.with { server in
                try add(server, "time", "--pypi", "mcp-server-time")
                #expect(server.children.isEmpty)
                #expect(try server.starts(of: "time") == 0)
                let called = try server.command(
                    "cap",
                    "invoke",
                    "time",
                    "get_current_time",
                    "--param",
                    "timezone=Europe/Oslo"
                )
                #expect(called.status == 0, "\(called.error)")
                let told = try JSONValue(parsing: Array(called.output.utf8))
                #expect(told["timezone"]?.string == "Europe/Oslo", "\(called.output)")
                #expect(told["datetime"]?.string?.contains("T") == true)
                #expect(try server.starts(of: "time") == 1)
                let wrong = try server.command(
                    "cap",
                    "invoke",
                    "time",
                    "get_current_time",
                    "--param",
                    "timezone=Nowhere/Land"
                )
                #expect(wrong.status == 1 && wrong.error.contains("Nowhere/Land"), "\(wrong.error)")
            }
        }

        @Test("git: reads the repository it was granted, and no other")
        func git() async throws {
            try await ServerFixture.with { server in
                for name in ["granted", "other"] {
                    let path = "\(server.scratch.path)/\(name)"
                    for line in [
                        ["init", "-q", path],
                        [
                            "-C", path, "-c", "user.name=Ada", "-c", "user.email=ada@example.com",
                            "commit", "-q", "--allow-empty", "-m", "the \(name) commit",
                        ],
                    ] {
                        let child = try ChildProcess(["/usr/bin/git"] + line, output: "/dev/null")
                        #expect(child.wait(seconds: 20) == 0)
                    }
                }
                let granted = server.scratch.path + "/granted"
                let refused = try server.command("ext", "add", "git", "--pypi", "mcp-server-git", "--read", granted)
                #expect(refused.status == 2 && refused.error.contains(granted), "a grant needs consent")
                try add(server, "git", "--pypi", "mcp-server-git", "--read", granted, "--yes")
                let log = try server.call("git", "git_log", ["repo_path": .string(granted), "max_count": 1])
                #expect(log.toolText?.contains("the granted commit") == true, "\(log.json.text.prefix(600))")
                let other = server.scratch.path + "/other"
                let denied = try server.call("git", "git_log", ["repo_path": .string(other), "max_count": 1])
                #expect(denied.json["execution_status"]?.string == "failed")
                #expect(denied.toolText?.contains("the other commit") != true)
            }
        }

        @Test("calculator: a legacy server, greeted as it wants")
        func calculator() async throws {
            try await ServerFixture.with { server in
                try add(server, "calculator", "--pypi", "mcp-server-calculator")
                let answer = try server.call("calculator", "calculate", ["expression": "6*7"])
                #expect(answer.toolText == "42", "\(answer.json.text.prefix(600))")
            }
        }

        @Test("excel: all of its tools, and files in its own data directory alone")
        func excel() async throws {
            try await ServerFixture.with { server in
                try add(server, "excel", "--pypi", "excel-mcp-server", "--", "stdio")
                let tools = try server.command("cap", "list", "excel", "--output", "json")
                let count = try JSONValue(parsing: Array(tools.output.utf8))["items"]?.array?.count ?? 0
                // Those of version 2.2.2; a later one may have more.
                #expect(count >= 46, "\(tools.output.prefix(300)) \(tools.error)")
                let file: JSONValue = ["path": "/data/book.xlsx"]
                let made = try server.call("excel", "create_workbook", file)
                #expect(made.json["execution_status"]?.string == "completed", "\(made.json.text.prefix(600))")
                let written = try server.call(
                    "excel",
                    "write_range",
                    ["path": "/data/book.xlsx", "sheet": "Sheet1", "at": "A1", "rows": [["warp", "weft"], [12, 30]]]
                )
                #expect(written.json["execution_status"]?.string == "completed", "\(written.json.text.prefix(600))")
                let read = try server.call(
                    "excel",
                    "read_range",
                    ["path": "/data/book.xlsx", "sheet": "Sheet1"]
                )
                #expect(read.toolText?.contains("weft") == true, "\(read.json.text.prefix(600))")
                let kept = "\(server.data)/extensions/default/excel/book.xlsx"
                #expect(FileManager.default.fileExists(atPath: kept))
                #expect(try server.request("DELETE", "/api/v1/extensions/excel").status == 204)
                #expect(!FileManager.default.fileExists(atPath: kept))
                let packages = try FileManager.default.contentsOfDirectory(atPath: server.data + "/packages")
                #expect(packages == [])
            }
        }

        @Test("sqlite: broken by an uncapped dependency, it leaves no trace; with the pin it works and keeps its data")
        func sqlite() async throws {
            try await ServerFixture.with { server in
                let line = ["ext", "add", "db", "--pypi", "mcp-server-sqlite"]
                let program = ["--", "--db-path", "/data/test.db"]
                let broken = try server.command(line + program, seconds: 240)
                if broken.error.contains("could not be reached"), !TestEnvironment.isCI {
                    try Test.cancel("skipped: no package index")
                }
                #expect(broken.status == 1 && broken.error.contains("SMOKE_CHECK_FAILED"), "\(broken.error)")
                #expect(broken.error.contains("its last words"))
                #expect(try server.request("GET", "/api/v1/extensions").json["items"]?.array == [])
                let packages = try FileManager.default.contentsOfDirectory(atPath: server.data + "/packages")
                #expect(packages == [] && server.children.isEmpty)
                #expect(!FileManager.default.fileExists(atPath: server.data + "/extensions/default/db"))

                let pinned = try server.command(line + ["--with", "mcp<2"] + program, seconds: 240)
                try #require(pinned.status == 0, "\(pinned.error)")
                let made = try server.call("db", "create_table", ["query": "CREATE TABLE looms (name TEXT)"])
                #expect(made.json["execution_status"]?.string == "completed", "\(made.json.text.prefix(600))")
                try server.call("db", "write_query", ["query": "INSERT INTO looms VALUES ('Jacquard')"])
                try server.restart(signal: SIGKILL)
                let read = try server.call("db", "read_query", ["query": "SELECT name FROM looms"])
                #expect(read.toolText?.contains("Jacquard") == true, "\(read.json.text.prefix(600))")
            }
        }
    }
}

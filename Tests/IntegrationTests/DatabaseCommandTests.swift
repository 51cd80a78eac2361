import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("heddle db", .serialized)
    struct DatabaseCommandTests {
        /// The engines that this machine has.
        static let engines = PostgresServer.isExpected ? ["sqlite", "postgresql"] : ["sqlite"]

        /// The variables of a server on an engine; PostgreSQL asks for a password.
        private static func environment(_ engine: String) throws -> (PostgresServer?, [String: String]) {
            guard engine == "postgresql" else { return (nil, [:]) }
            let postgres = try PostgresServer(authentication: "scram-sha-256")
            try postgres.run("ALTER USER heddle PASSWORD 'it''s secret'")
            let url = try postgres.makeDatabase()
            return (postgres, ["HEDDLE_DATABASE_URL": url, "HEDDLE_DATABASE_PASSWORD": "it's secret"])
        }

        private static func mode(_ path: String) -> UInt32 {
            var status = stat()
            return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
        }

        @Test("backs up under load, and puts back what there was", arguments: engines)
        func backup(_ engine: String) async throws {
            let (postgres, environment) = try Self.environment(engine)
            try await ServerFixture.with(environment: environment) { server in
                func db(_ arguments: String...) throws -> (status: Int32, output: String, error: String) {
                    let outcome = try server.command(["db"] + arguments, seconds: 60, environment: environment)
                    #expect(!outcome.output.contains("secret") && !outcome.error.contains("secret"))
                    return outcome
                }
                let load = try ContextLoad(server)
                load.start(port: server.port)
                #expect(load.isAcknowledged(60))
                let before = load.told
                let file = server.scratch.path + "/backup"
                #expect(try db("backup", file).status == 0)
                #expect(load.isAcknowledged(30))
                load.end()
                #expect(Self.mode(file) == 0o600)
                #expect(try db("backup", file).status == 2, "a file is not replaced")
                #expect(try db("check").status == 0)
                let status = try JSONValue(parsing: Array(db("status", "--output", "json").output.utf8))
                #expect(status["engine"]?.string == engine)
                #expect(status["migrations"]?.array?.allSatisfy { $0["applied"] == true } == true)

                let late = try server.contextID("late")
                let refused = try db("restore", file, "--yes")
                #expect(refused.status == 1, "a server runs: \(refused)")
                try server.restart {
                    #expect(try db("restore", file).status == 2, "nobody said yes")
                    try server.scratch.write("broken", "this is no backup")
                    #expect(try db("restore", server.scratch.path + "/broken", "--yes").status == 2)
                    let restored = try db("restore", file, "--yes")
                    #expect(restored.status == 0, "\(restored)")
                    #expect(try db("check").status == 0)
                    #expect(try db("migrate").output == "nothing was missing\n")
                }
                #expect(try server.request("GET", ServerFixture.context(late)).code == "CONTEXT_NOT_FOUND")
                let names = try server.all(ServerFixture.contexts, limit: 100).compactMap { $0["name"]?.string }
                #expect(before.created.isSubset(of: names))
                for context in load.shared {
                    let path = ServerFixture.context(context)
                    let agents = try server.all(path + "/participants", limit: 100)
                    #expect(try server.request("GET", path).json["participant_count"]?.integer == agents.count)
                }
                let left = try FileManager.default.contentsOfDirectory(atPath: server.data)
                #expect(!left.contains { $0.contains(".old") || $0.contains(".new") }, "\(left)")
            }
            withExtendedLifetime(postgres) {}
        }

        @Test("finds damage in SQLite's file")
        func damage() async throws {
            try await ServerFixture.with { server in
                for number in 0..<50 { _ = try server.contextID("n\(number)") }
                try server.restart {
                    let path = server.data + "/heddle.sqlite"
                    let whole = try Data(contentsOf: URL(filePath: path))
                    var damaged = whole
                    for page in 4..<12 {
                        let start = page * 4096
                        damaged.replaceSubrange(start..<(start + 2048), with: repeatElement(0x5A, count: 2048))
                    }
                    try damaged.write(to: URL(filePath: path))
                    let found = try server.command("db", "check")
                    #expect(found.status == 1, "\(found)")
                    try whole.write(to: URL(filePath: path))
                    #expect(try server.command("db", "check").status == 0)
                }
            }
        }

        @Test(
            "finds what is wrong with PostgreSQL's tables and replicas, and gives no password to programs",
            .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL server is installed")
        )
        func catalogue() async throws {
            let (server, variables) = try Self.environment("postgresql")
            let postgres = try #require(server)
            let url = variables["HEDDLE_DATABASE_URL"] ?? ""
            let database = String(url.split(separator: "/").last ?? "")
            try await ServerFixture.with(environment: variables) { server in
                try postgres.run(
                    """
                    ALTER TABLE context ADD COLUMN odd TEXT COLLATE "en-x-icu";
                    ALTER TABLE context ADD CONSTRAINT unsure CHECK (version < 1000000) NOT VALID;
                    UPDATE heddle_migration SET checksum = 'edited' WHERE position = 2;
                    """,
                    database: database
                )
                var environment = variables
                environment["HEDDLE_DATABASE_REPLICAS"] = url
                let found = try server.command(["db", "check", "-o", "json"], seconds: 60, environment: environment)
                let items = try JSONValue(parsing: Array(found.output.utf8))["items"]?.array ?? []
                let wrong = items.filter { $0["ok"] == false }.compactMap { $0["name"]?.string }
                #expect(found.status == 1)
                #expect(
                    wrong == [
                        "collations", "constraints", "migrations", "replica 127.0.0.1:\(postgres.port)/\(database)",
                    ],
                    "\(found)"
                )
                // A program of the same name that notes how it is called.
                try server.scratch.write(
                    "bin/pg_dump",
                    """
                    #!/bin/sh
                    echo "$@" > '\(server.scratch.path)/arguments'
                    exec "$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/pg_dump" "$@"
                    """,
                    executable: true
                )
                environment["PATH"] = "\(server.scratch.path)/bin:/usr/bin:/bin"
                let saved = try server.command(
                    ["db", "backup", server.scratch.path + "/saved"],
                    seconds: 60,
                    environment: environment
                )
                let arguments = readText(server.scratch.path + "/arguments")
                #expect(saved.status == 0 && arguments.contains("--format=custom"), "\(saved)")
                #expect(!arguments.contains("secret"))
            }
        }
    }
}

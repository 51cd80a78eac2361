import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Databases that fail under writes to contexts", .serialized)
    struct DatabaseFaultTests {
        /// The codes of a database that is away; each comes with 503 or 504.
        private static let known: Set<String> = [
            "DATABASE_UNAVAILABLE", "DATABASE_POOL_EXHAUSTED", "DATABASE_IN_DOUBT", "DEADLINE_EXCEEDED", "OVERLOADED",
            "STORE_QUEUE_FULL",
        ]
        private static let quick = [
            "HEDDLE_DATABASE_ACQUIRE_TIMEOUT_MS": "1000", "HEDDLE_DATABASE_CONNECT_TIMEOUT_MS": "2000",
        ]

        private static func expectClear(_ load: ContextLoad) {
            let told = load.told
            #expect(told.unclear.isEmpty && told.lost == 0, "\(told.lost) \(told.unclear.prefix(3))")
            #expect(known.isSuperset(of: told.refused.keys), "\(told.refused)")
        }

        @Test(
            "PostgreSQL is stopped and started: clear errors, nothing lost, well again without a restart",
            .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL server is installed")
        )
        func stopped() async throws {
            let postgres = try PostgresServer()
            let url = try postgres.makeDatabase()
            try await ServerFixture.with(environment: Self.quick, arguments: ["--database", url]) { server in
                let load = try ContextLoad(server)
                load.start(port: server.port)
                for _ in 0..<2 {
                    #expect(load.isAcknowledged(100), "\(load.told.refused)")
                    try postgres.stop()
                    let before = load.told.refused.values.reduce(0, +)
                    #expect(eventually(seconds: 30) { load.told.refused.values.reduce(0, +) > before + 16 })
                    #expect(try server.request("GET", "/healthz").status == 200)
                    let away = try server.request("GET", ServerFixture.contexts)
                    #expect(away.status == 503 && Self.known.contains(away.code ?? ""), "\(away.json.text)")
                    try postgres.start()
                    #expect(load.isAcknowledged(100), "\(load.told.refused)")
                }
                load.end()
                Self.expectClear(load)
                try load.verify(server)
            }
        }

        @Test(
            "PostgreSQL's first process is killed: clear errors, and nothing lost",
            .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL server is installed")
        )
        func databaseKilled() async throws {
            let postgres = try PostgresServer()
            let url = try postgres.makeDatabase()
            try await ServerFixture.with(environment: Self.quick, arguments: ["--database", url]) { server in
                let load = try ContextLoad(server)
                for _ in 0..<DurabilityTests.rounds {
                    load.start(port: server.port)
                    #expect(load.isAcknowledged(100), "\(load.told.refused)")
                    try postgres.kill()
                    try postgres.start()
                    #expect(load.isAcknowledged(50), "\(load.told.refused)")
                    load.end()
                    Self.expectClear(load)
                    try load.verify(server)
                }
            }
        }

        @Test(
            "the server is killed: what was acknowledged is there, and the sums agree",
            arguments: PostgresServer.isExpected ? ["sqlite", "postgresql"] : ["sqlite"]
        )
        func serverKilled(_ engine: String) async throws {
            let arguments =
                engine == "sqlite" ? [] : ["--database", try PostgresServer.shared().makeDatabase()]
            try await ServerFixture.with(arguments: arguments) { server in
                let load = try ContextLoad(server)
                for round in 0..<DurabilityTests.rounds {
                    load.start(port: server.port)
                    #expect(load.isAcknowledged(Int.random(in: 50...150)), "round \(round): \(load.told.refused)")
                    server.kill(SIGKILL)
                    _ = server.process.wait(seconds: 5)
                    load.end()
                    try server.restart()
                    try load.verify(server)
                    #expect(load.told.unclear.isEmpty, "\(load.told.unclear.prefix(3))")
                }
            }
        }

        @Test(
            "the disk of SQLite is full: 507, nothing lost, and it goes on when there is room",
            .enabled(if: geteuid() == 0 || TestEnvironment.isCI, "skipped: not root")
        )
        func diskFull() async throws {
            try await ServerFixture.with { server in
                let (process, port) = try ArchiveSourceTests.onSmallDisk(server.scratch, 8)
                defer {
                    process.kill(SIGTERM)
                    _ = process.wait(seconds: 10)
                }
                func send(_ method: String, _ path: String, _ body: String? = nil) throws -> HTTPAnswer {
                    let connection = try HTTPConnection(port: port)
                    let headers = ["Host": "127.0.0.1:\(port)", "Authorization": "Bearer 0123456789abcdef0123"]
                    connection.send(server.bytes(method, path, body: body.map { Array($0.utf8) }, headers: headers))
                    return try connection.answer()
                }
                func create(_ name: String) throws -> HTTPAnswer {
                    let text = String(repeating: "x", count: 1000)
                    let body = #"{"name":"\#(name)","type":"collaborative","description":"\#(text)"}"#
                    return try send("POST", ServerFixture.contexts, body)
                }
                // A file takes the room that is left, within the namespace of the server's mounts.
                let filler = "/proc/\(process.processID)/root\(server.scratch.path)/small/filler"
                try #require(system("cat /dev/zero > '\(filler)' 2>/dev/null") != 0)
                var (kept, refused): ([String], HTTPAnswer?) = ([], nil)
                for number in 0..<10_000 {
                    let answer = try create("n\(number)")
                    guard answer.status == 201 else {
                        refused = answer
                        break
                    }
                    kept.append(try #require(answer.json["context_id"]?.string))
                }
                #expect(refused?.status == 507 && refused?.code == "STORAGE_FULL", "\(refused?.json.text ?? "")")
                for id in kept { #expect(try send("GET", ServerFixture.context(id)).status == 200) }
                try #require(unlink(filler) == 0)
                #expect(try create("later").status == 201)
                for id in kept { #expect(try send("GET", ServerFixture.context(id)).status == 200) }
            }
        }
    }
}

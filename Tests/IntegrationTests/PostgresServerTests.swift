import Dispatch
import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite(
        "The server on PostgreSQL",
        .serialized,
        .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL server is installed")
    )
    struct PostgresServerTests {
        @Test("keeps extensions, contexts and keys of requests there, and finds them after a restart")
        func life() async throws {
            let url = try PostgresServer.shared().makeDatabase()
            try await ServerFixture.with(arguments: ["--database", url]) { server in
                try server.registerEcho()
                #expect(try server.echoWorks())
                let key = ["Idempotency-Key": "once"]
                let body = #"{"name":"kept","type":"collaborative"}"#
                let created = try server.request("POST", ServerFixture.contexts, body: body, headers: key)
                let id = try #require(created.json["context_id"]?.string)
                let participant = try server.join(id, "agent")
                #expect(try server.patchState(id, ["a": ["b": 1]], merges: true).status == 200)
                let path = ServerFixture.context(id)
                #expect(try server.request("PUT", path + "/metadata/k", body: #"{"value":[1]}"#).status < 300)
                #expect(try server.request("PATCH", path, body: #"{"status":"paused"}"#).json["status"] == "paused")
                try server.restart()
                #expect(!FileManager.default.fileExists(atPath: server.data + "/heddle.sqlite"))
                #expect(try server.echoWorks())
                let again = try server.request("POST", ServerFixture.contexts, body: body, headers: key)
                #expect(again.body == created.body)
                let shown = try server.request("GET", path).json
                #expect(shown["status"] == "paused" && shown["participant_count"] == 1)
                #expect(try server.request("GET", "\(path)/participants/\(participant)").json["agent_id"] == "agent")
                #expect(try server.request("GET", path + "/state").json["document"] == ["a": ["b": 1]])
                #expect(try server.request("DELETE", path).status == 204)
                #expect(try server.request("GET", path).code == "CONTEXT_NOT_FOUND")
            }
        }

        @Test("ten that start together on an empty database all come up, and its schema is made once")
        func together() async throws {
            let postgres = try PostgresServer.shared()
            let url = try postgres.makeDatabase()
            try await ScratchDirectory.with { scratch in
                let servers = try (0..<10)
                    .map { number in
                        try ChildProcess(
                            [
                                ServerFixture.program, "serve", "--port", "0", "--database", url, "--data-dir",
                                "\(scratch.path)/\(number)",
                            ],
                            output: "\(scratch.path)/\(number).log"
                        )
                    }
                let areUp = eventually(seconds: 60) { servers.allSatisfy { $0.text.contains("listening on http") } }
                #expect(areUp, "\(servers.map { $0.text.suffix(300) })")
                let database = String(url.split(separator: "/").last ?? "")
                let count = Int(try postgres.run("SELECT count(*) FROM heddle_migration", database: database)) ?? 0
                let applied = servers.map { $0.text.split(separator: "applied a migration").count - 1 }
                #expect(count > 0 && applied.reduce(0, +) == count, "\(applied)")
                for server in servers { server.kill(SIGTERM) }
                for server in servers { #expect(server.wait(seconds: 20) == 0) }
            }
        }

        @Test("two on one database: what one acknowledged the other shows")
        func two() async throws {
            let url = try PostgresServer.shared().makeDatabase()
            try await ServerFixture.with(arguments: ["--database", url]) { one in
                try await ServerFixture.with(arguments: ["--database", url]) { other in
                    for round in 0..<30 {
                        let (writer, reader) = round.isMultiple(of: 2) ? (one, other) : (other, one)
                        let id = try writer.contextID("r\(round)")
                        let path = ServerFixture.context(id)
                        #expect(try reader.request("GET", path).json["version"] == 1)
                        let patched = try writer.request("PATCH", path, body: #"{"description":"\#(round)"}"#).json
                        #expect(try reader.request("GET", path).json == patched)
                        let first = try reader.request("GET", ServerFixture.contexts + "?limit=1").json["items"]?.array
                        #expect(first?.first?["context_id"]?.string == id)
                        try reader.join(id, "agent")
                        #expect(try writer.request("GET", path).json["participant_count"] == 1)
                    }
                }
            }
        }

        @Test("says that its only connection is taken, and goes on when it is free")
        func exhausted() async throws {
            let postgres = try PostgresServer.shared()
            let url = try postgres.makeDatabase()
            let database = String(url.split(separator: "/").last ?? "")
            let environment = [
                "HEDDLE_DATABASE_MIN_POOL": "1", "HEDDLE_DATABASE_MAX_POOL": "1",
                "HEDDLE_DATABASE_ACQUIRE_TIMEOUT_MS": "500", "HEDDLE_DATABASE_QUERY_TIMEOUT_MS": "60000",
                "HEDDLE_DATABASE_STATEMENT_TIMEOUT_MS": "60000",
            ]
            try await ServerFixture.with(environment: environment, arguments: ["--database", url]) { server in
                let id = try server.contextID()
                let holder = DispatchGroup()
                DispatchQueue.global()
                    .async(group: holder) {
                        // It ends with an error, because its connection is taken from it.
                        _ = try? postgres.run(
                            "BEGIN; LOCK TABLE context IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(120)",
                            database: database
                        )
                    }
                let locks = "SELECT count(*) FROM pg_locks WHERE relation = 'context'::regclass AND granted"
                #expect(
                    try eventually(seconds: 20) {
                        try postgres.run("\(locks) AND mode = 'AccessExclusiveLock'", database: database) == "1"
                    }
                )
                let waiting = try HTTPConnection(port: server.port)
                waiting.send(server.bytes("GET", ServerFixture.context(id), body: nil))
                let waits = "SELECT count(*) FROM pg_locks WHERE relation = 'context'::regclass AND NOT granted"
                #expect(try eventually(seconds: 20) { try postgres.run(waits, database: database) == "1" })
                for path in [ServerFixture.contexts, ServerFixture.contexts + "/statistics"] {
                    let refused = try server.request("GET", path)
                    #expect(refused.status == 503 && refused.code == "DATABASE_POOL_EXHAUSTED", "\(refused.json.text)")
                }
                try postgres.run(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(120)' AND pid <> pg_backend_pid()"
                )
                #expect(try waiting.answer().json["context_id"]?.string == id)
                holder.wait()
                #expect(try server.request("GET", ServerFixture.contexts).status == 200)
            }
        }

        @Test("reads what may be behind from a replica, and leaves out one that is late or gone")
        func replica() async throws {
            let postgres = try PostgresServer()
            let url = try postgres.makeDatabase()
            let database = String(url.split(separator: "/").last ?? "")
            let replica = try postgres.makeReplica()
            let environment = ["HEDDLE_DATABASE_REPLICAS": replica.url(database: database)]
            try await ServerFixture.with(environment: environment, arguments: ["--database", url]) { server in
                let first = try server.contextID("first")
                let paths = ["", "/statistics", "/export"].map { "\(ServerFixture.contexts)\($0)?consistency=eventual" }
                let isThere = try eventually(seconds: 20) { try server.showsEventually(first) }
                #expect(isThere)
                for path in paths {
                    let isRead = try server.isReadFromReplica(path)
                    #expect(isRead, "\(path)")
                }
                #expect(try server.request("GET", ServerFixture.contexts + "?consistency=whatever").status == 400)
                try replica.run("SELECT pg_wal_replay_pause()")
                let second = try server.contextID("second")
                #expect(try server.request("GET", ServerFixture.contexts + "?limit=1").json.text.contains(second))
                let isLeftOut = try eventually(seconds: 20) { try server.showsEventually(second) }
                #expect(isLeftOut, "the late replica is left out")
                try replica.run("SELECT pg_wal_replay_resume()")
                let isBack = try server.isReadFromReplica(paths[0])
                #expect(isBack)
                try replica.kill()
                let third = try server.contextID("third")
                let isGone = try eventually(seconds: 20) { try server.showsEventually(third) }
                #expect(isGone, "the dead replica is left out")
                for path in paths {
                    let status = try server.request("GET", path).status
                    #expect(status == 200)
                }
            }
        }

        @Test("says which database it uses, without a password, and what its pool does")
        func facts() async throws {
            let postgres = try PostgresServer(authentication: "scram-sha-256")
            try postgres.run("ALTER USER heddle PASSWORD 'top secret'")
            let url = try postgres.makeDatabase()
            let place = "127.0.0.1:\(postgres.port)/\(url.split(separator: "/").last ?? "")"
            let environment = ["HEDDLE_DATABASE_URL": url, "HEDDLE_DATABASE_PASSWORD": "top secret"]
            try await ServerFixture.with(environment: environment) { server in
                _ = try server.contextID()
                let status = try server.request("GET", "/api/v1/status").json["database"]
                #expect(status == ["engine": "postgresql", "place": .string(place)])
                #expect(try server.command("status").output.contains(place))
                let doctor = try server.command(
                    ["doctor", "--output", "json"],
                    seconds: 60,
                    environment: environment
                )
                #expect(doctor.output.contains(place) && doctor.output.contains("PostgreSQL 1"), "\(doctor)")
                #expect(!doctor.output.contains("secret") && !doctor.error.contains("secret"))
                let page = String(decoding: try server.request("GET", "/metrics").body, as: UTF8.self)
                for name in ["connections{state=\"idle\"} ", "waits_total ", "reruns_total ", "reconnects_total "] {
                    #expect(page.contains("\nheddle_database_\(name)"), "\(name)")
                }
            }
        }
    }
}

extension ServerFixture {
    /// How many reads a replica answered.
    ///
    /// - Throws: when there is no answer.
    fileprivate func replicaReads() throws -> Int {
        let page = String(decoding: try request("GET", "/metrics").body, as: UTF8.self)
        let line = page.split(separator: "\n").first { $0.hasPrefix("heddle_database_replica_reads_total ") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? -1
    }

    /// Whether a replica comes to answer the request.
    ///
    /// - Throws: when there is no answer.
    fileprivate func isReadFromReplica(_ path: String) throws -> Bool {
        let before = try replicaReads()
        return try eventually(seconds: 20) {
            guard try request("GET", path).status == 200 else { return false }
            return try replicaReads() > before
        }
    }

    /// Whether a list that may be behind has a context.
    ///
    /// - Throws: when there is no answer.
    fileprivate func showsEventually(_ id: String) throws -> Bool {
        let items = try request("GET", ServerFixture.contexts + "?consistency=eventual").json["items"]?.array
        return items?.contains { $0["context_id"]?.string == id } == true
    }
}

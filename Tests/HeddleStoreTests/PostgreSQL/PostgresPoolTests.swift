import HeddleModel
import HeddleStore
import HeddleTestSupport
import Testing

@Suite(
    "The connections to PostgreSQL",
    .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
)
struct PostgresPoolTests {
    @Test("are bounded, and who waits for one too long is told")
    func exhausted() async throws {
        let configuration = PostgresFixture.limits(maximumConnections: 2) { $0.acquireTimeout = .milliseconds(100) }
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase(), configuration) { store in
            let gates = [Gate(), Gate()]
            async let first: Void = store.read { _ in gates[0].hold() }
            async let second: Void = store.write { _ in gates[1].hold() }
            for gate in gates { await gate.waitForArrival() }
            let error = await #expect(throws: HeddleError.self) { _ = try await store.names() }
            #expect(error?.code == .databasePoolExhausted)
            #expect(error?.details["limit"] == "database.max_pool")
            #expect(store.statistics.busyConnections == 2)
            for gate in gates { gate.open() }
            _ = try await (first, second)
            let names = try await store.names()
            #expect(names.isEmpty)
            #expect(store.statistics.waits >= 1)
        }
    }

    @Test("grow with the work and shrink without it")
    func eviction() async throws {
        let configuration = PostgresFixture.limits(maximumConnections: 8) { database in
            database.minimumConnections = 2
            database.idleTimeout = .milliseconds(10)
            database.evictionInterval = .milliseconds(10)
        }
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase(), configuration) { store in
            let gate = Gate()
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 { group.addTask { try await store.read { _ in gate.hold() } } }
                while store.statistics.busyConnections < 8 { await Task.yield() }
                #expect(store.statistics.openConnections == 8)
                gate.open()
                try await group.waitForAll()
            }
            while store.statistics.openConnections > 2 { await Task.yield() }
            #expect(store.statistics.idleConnections == 2)
            try await store.insert("a")
            #expect(store.statistics.openConnections == 2)
        }
    }

    @Test("give a statement up that takes too long, and are as before")
    func queryTimeout() async throws {
        let configuration = PostgresFixture.limits { $0.queryTimeout = .milliseconds(100) }
        let server = try PostgresServer.shared()
        try await PostgresFixture.with(url: server.makeDatabase(), configuration) { store in
            let error = await #expect(throws: HeddleError.self) {
                try await store.write { tx in
                    try tx.execute("INSERT INTO item (name) VALUES ('lost')")
                    _ = try tx.query("SELECT pg_sleep(60) /* given up */")
                }
            }
            #expect(error?.code == .deadlineExceeded)
            let names = try await store.names()
            #expect(names.isEmpty)
            // The server was told to stop, too.
            let busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%given up%' AND state = 'active'"
            while try server.run("\(busy) AND pid <> pg_backend_pid()") != "0" {}
        }
    }

    @Test("let the server end a statement by itself")
    func statementTimeout() async throws {
        let configuration = PostgresFixture.limits { $0.statementTimeout = .milliseconds(50) }
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase(), configuration) { store in
            let error = await #expect(throws: HeddleError.self) {
                _ = try await store.read { tx in try tx.query("SELECT pg_sleep(60)") }
            }
            #expect(error?.code == .deadlineExceeded)
        }
    }

    @Test("log slow statements without their arguments")
    func slowStatements() async throws {
        let lines = RecordingLog.Lines()
        let configuration = PostgresFixture.limits { $0.slowQuery = .zero }
        let url = try PostgresServer.shared().makeDatabase()
        try await PostgresFixture.with(url: url, configuration, logger: RecordingLog.logger(lines)) { store in
            try await store.insert("hidden-argument")
        }
        let slow = lines.all.filter { $0.hasPrefix("a statement was slow") }
        #expect(slow.contains { $0.contains("INSERT INTO item") && $0.contains("duration_ms") })
        #expect(!lines.all.contains { $0.contains("hidden-argument") })
    }

    @Test("keep a bounded number of prepared statements, here and on the server")
    func statements() async throws {
        let configuration = HeddleStore.Configuration(database: .single)
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase(), configuration) { store in
            for number in 0..<1_100 {
                let row = try await store.read { tx in try tx.first("SELECT \(number) AS number, $1 AS word", ["x"]) }
                #expect(try row?.integer("number") == Int64(number))
            }
            let kept = try await store.read { tx in
                try tx.first("SELECT count(*) AS total FROM pg_prepared_statements")?.integer("total")
            }
            #expect(try #require(kept) <= 530)
        }
    }

    @Test("keep no statement on the server that was used again too seldom or failed at its first use")
    func statementsThatGo() async throws {
        let configuration = HeddleStore.Configuration(database: .single)
        let kept = "SELECT count(*) AS total FROM pg_prepared_statements"
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase(), configuration) { store in
            for number in 0..<1_500 {
                for used in [number, max(0, number - 300)] {
                    _ = try await store.read { tx in try tx.first("SELECT \(used) AS number") }
                }
            }
            let before = try await store.read { tx in try tx.first(kept)?.integer("total") }
            #expect(try #require(before) <= 530)
            for number in 0..<300 {
                await #expect(throws: HeddleError.self) {
                    _ = try await store.read { tx in try tx.first("SELECT \(number) / $1 AS number", [.integer(0)]) }
                }
                await #expect(throws: StoreConstraintViolation.self) {
                    try await store.write { tx in
                        try tx.execute("INSERT INTO item (name, amount) VALUES ('x\(number)', 13)")
                    }
                }
            }
            let after = try await store.read { tx in try tx.first(kept)?.integer("total") }
            #expect(try #require(after) <= 530)
            #expect(store.statistics.reconnects == 0)
        }
    }

    @Test("finish what was handed to them while they close")
    func closing() async throws {
        let url = try PostgresServer.shared().makeDatabase()
        let configuration = PostgresFixture.limits(maximumConnections: 4)
        for _ in 0..<40 {
            try await PostgresFixture.with(url: url, configuration) { store in
                while store.statistics.idleConnections < 4 { await Task.yield() }
                try await withThrowingTaskGroup { group in
                    for _ in 0..<4 {
                        group.addTask {
                            do {
                                _ = try await store.names()
                            } catch let error as HeddleError where error.code == .shuttingDown {}
                        }
                    }
                    group.addTask { await store.close() }
                    // A closure that is lost leaves its caller waiting forever.
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("survive a schema that another node changes")
    func changedSchema() async throws {
        let server = try PostgresServer.shared()
        let url = try server.makeDatabase()
        try await PostgresFixture.with(url: url, HeddleStore.Configuration(database: .single)) { store in
            try await store.insert("a")
            let all = { @Sendable (tx: ReadTransaction) in try tx.first("SELECT * FROM item")?.columns.count }
            #expect(try await store.read(all) == 7)
            let name = String(url.split(separator: "/").last ?? "")
            try server.run("ALTER TABLE item ADD COLUMN more BIGINT", database: name)
            #expect(try await store.read(all) == 8)
        }
    }
}

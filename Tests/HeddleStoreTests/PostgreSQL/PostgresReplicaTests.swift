import HeddleModel
import HeddleStore
import HeddleTestSupport
import Testing

@Suite(
    "A read replica",
    .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
)
struct PostgresReplicaTests {
    /// Whether the server that answers is a replica.
    private static func isReplica(_ store: HeddleStore, _ consistency: ReadConsistency) async throws -> Bool {
        try await store.read(consistency) { tx in
            try tx.first("SELECT pg_is_in_recovery() AS answer")?.boolean("answer") ?? false
        }
    }

    @Test("answers eventual reads while it is there and not far behind")
    func life() async throws {
        let server = try PostgresServer()
        let url = try server.makeDatabase()
        let name = String(url.split(separator: "/").last ?? "")
        let replica = try server.makeReplica()
        let configuration = PostgresFixture.limits { database in
            database.replicas = [replica.url(database: name), "postgres://heddle@127.0.0.1:1/nobody"]
            database.replicaLag = .milliseconds(300)
        }
        try await PostgresFixture.with(url: url, configuration) { store in
            while try await !Self.isReplica(store, .eventual) {}
            #expect(try await !Self.isReplica(store, .strong))
            #expect(store.statistics.replicaReads >= 1)
            try await store.insert("a")
            while try await store.read(.eventual, { tx in try tx.query("SELECT name FROM item").count }) == 0 {}

            // One that stops replaying is left out, and comes back.
            try replica.run("SELECT pg_wal_replay_pause()")
            try await store.insert("b")
            while try await Self.isReplica(store, .eventual) {}
            let count = try await store.read(.eventual) { tx in try tx.query("SELECT name FROM item").count }
            #expect(count == 2)
            try replica.run("SELECT pg_wal_replay_resume()")
            while try await !Self.isReplica(store, .eventual) {}

            // So is one that dies, without an error for anybody.
            try replica.stop()
            for _ in 0..<50 { #expect(try await !Self.isReplica(store, .eventual)) }
            try replica.start()
            while try await !Self.isReplica(store, .eventual) {}
        }
    }

    @Test("goes on answering after the schema changed")
    func changedSchema() async throws {
        let server = try PostgresServer()
        let url = try server.makeDatabase()
        let name = String(url.split(separator: "/").last ?? "")
        let replica = try server.makeReplica()
        let configuration = PostgresFixture.limits { $0.replicas = [replica.url(database: name)] }
        try await PostgresFixture.with(url: url, configuration) { store in
            try await store.insert("a")
            let look = { @Sendable (tx: ReadTransaction) in
                let columns = try tx.first("SELECT * FROM item")?.columns.count
                let answers = try tx.first("SELECT pg_is_in_recovery() AS answer")?.boolean("answer") ?? false
                return answers ? columns : nil
            }
            while try await store.read(.eventual, look) != 7 {}
            try server.run("ALTER TABLE item ADD COLUMN more BIGINT", database: name)
            while try await store.read(.eventual, look) != 8 {}
            for _ in 0..<20 {
                let columns = try await store.read(.eventual) { tx in try tx.first("SELECT * FROM item")?.columns.count
                }
                #expect(columns == 8)
            }
        }
    }

    @Test("takes no writes")
    func noWrites() async throws {
        let server = try PostgresServer()
        let url = try server.makeDatabase()
        let replica = try server.makeReplica()
        let name = String(url.split(separator: "/").last ?? "")
        let configuration = PostgresFixture.limits { $0.acquireTimeout = .milliseconds(200) }
        let error = await #expect(throws: HeddleError.self) {
            _ = try await HeddleStore.open(
                url: replica.url(database: name),
                configuration: configuration,
                migrations: [],
                logger: PostgresFixture.silent
            )
        }
        #expect(error?.code == .databaseUnavailable)
    }

    @Test("is not needed: SQLite answers both alike")
    func sqlite() async throws {
        try await ContractEngine.sqlite.withStore { store in
            try await store.insert("a")
            for consistency in [ReadConsistency.strong, .eventual] {
                let count = try await store.read(consistency) { tx in try tx.query("SELECT name FROM item").count }
                #expect(count == 1)
            }
        }
    }
}

import HeddleExtensions
import HeddleModel
import HeddleStore
import HeddleTestSupport
import JSON
import Logging
import Testing

@testable import HeddleServer

@Suite("The schema")
struct SchemaTests {
    private static let migrations = ExtensionMigrations.all + IdempotencyMigrations.all

    private static func open(
        _ url: String,
        _ migrations: [Migration]
    ) async throws -> HeddleStore {
        try await HeddleStore.open(
            url: url,
            migrations: migrations,
            logger: Logger(label: "heddle.store") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Each column as `table.column`, with whether it may be null.
    private static func columns(
        _ store: HeddleStore,
        _ sql: String
    ) async throws -> Set<String> {
        let rows = try await store.read { tx in try tx.query(sql) }
        return Set(
            try rows.map { row in
                "\(try row.text("table_name")).\(try row.text("column_name")) \(try row.boolean("nullable"))"
            }
        )
    }

    @Test(
        "has the same tables and columns on both engines",
        .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
    )
    func sameTables() async throws {
        let embedded = try HeddleStore.temporary(migrations: Self.migrations)
        let here = try await Self.columns(
            embedded,
            """
            SELECT m.name AS table_name, p.name AS column_name, CASE WHEN p."notnull" = 0 THEN 1 ELSE 0 END AS nullable
            FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name <> 'heddle_migration'
            """
        )
        await embedded.close()
        let server = try await Self.open(PostgresServer.shared().makeDatabase(), Self.migrations)
        let there = try await Self.columns(
            server,
            """
            SELECT CAST(table_name AS TEXT) AS table_name, CAST(column_name AS TEXT) AS column_name,
                is_nullable = 'YES' AS nullable
            FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'heddle_migration'
            """
        )
        let loose = try await server.read { tx in
            try tx.query(
                """
                SELECT CAST(column_name AS TEXT) AS name FROM information_schema.columns
                WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
                """
            )
        }
        await server.close()
        #expect(here == there)
        #expect(!here.isEmpty)
        // Text sorts by its bytes, whatever the database's own order is.
        #expect(loose.isEmpty)
    }

    @Test(
        "keeps the keys of requests on PostgreSQL, each for one of those who come at once",
        .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
    )
    func idempotencyKeys() async throws {
        let store = try await Self.open(PostgresServer.shared().makeDatabase(), IdempotencyMigrations.all)
        let keys = IdempotencyKeys(store: store, clock: SystemWallClock())
        let caller = Caller.local(origin: .rest, requestID: RequestID())
        let ask: @Sendable () async throws -> Bool = {
            let body = try JSONDocument("{}").root
            let (answer, isReplay) = try await keys.answer("a", caller, operation: "a/b", body: body) {
                IdempotencyKeys.Answer(status: 201, body: [0, 1, 255])
            }
            #expect(answer.status == 201 && answer.body == [0, 1, 255])
            return isReplay
        }
        let first = await withTaskGroup { group in
            for _ in 0..<12 {
                group.addTask {
                    do {
                        return try await ask() ? 0 : 1
                    } catch {
                        let code = (error as? HeddleError)?.code
                        #expect(code == .idempotencyKeyInUse)
                        return 0
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(first == 1)
        let isReplay = try await ask()
        #expect(isReplay)
        await store.close()
    }
}

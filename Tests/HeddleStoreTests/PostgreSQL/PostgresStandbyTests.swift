import HeddleModel
import HeddleStore
import HeddleTestSupport
import Testing

@Suite(
    "A commit that waits for a standby that is not there",
    .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
)
struct PostgresStandbyTests {
    /// Opens a store whose commits begin to wait; the error of the first write that met that.
    private static func refusal(
        queryTimeout: Duration,
        isCancelled: Bool = false
    ) async throws -> HeddleError? {
        let server = try PostgresServer()
        let configuration = PostgresFixture.limits { database in
            database.queryTimeout = queryTimeout
            database.acquireTimeout = .milliseconds(700)
        }
        var refusal: HeddleError?
        try await PostgresFixture.with(url: server.makeDatabase(), configuration) { store in
            try server.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            try server.run("SELECT pg_reload_conf()")
            async let told = firstRefusal(of: store)
            if isCancelled {
                let waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                while try server.run("SELECT count(pg_cancel_backend(pid)) \(waiting)") == "0" {}
            }
            refusal = await told
        }
        return refusal
    }

    /// The server's processes learn of the setting one by one; until then commits succeed.
    private static func firstRefusal(of store: HeddleStore) async -> HeddleError? {
        var number = 0
        while true {
            do {
                try await store.insert("item-\(number)")
                number += 1
            } catch {
                return error as? HeddleError
            }
        }
    }

    @Test("is in doubt when it takes too long, and is not cancelled")
    func tooLong() async throws {
        let refusal = try await Self.refusal(queryTimeout: .milliseconds(300))
        #expect(refusal?.code == .databaseInDoubt)
    }

    @Test("is in doubt when an operator ends the wait")
    func cancelled() async throws {
        let refusal = try await Self.refusal(queryTimeout: .seconds(5), isCancelled: true)
        #expect(refusal?.code == .databaseInDoubt)
    }
}

import HeddleTestSupport
import Testing

@Suite("The tests of the store")
struct PostgresPresenceTests {
    @Test(
        "have a PostgreSQL server to run with",
        .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
    )
    func presence() throws {
        #expect(try PostgresServer.shared().run("SELECT 1") == "1")
    }
}

import HeddleModel
import HeddleStore
import HeddleTestSupport
import Testing

@Suite(
    "Migrations on PostgreSQL",
    .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
)
struct PostgresMigrationTests {
    private static let first = Migration(name: "0001", sqlite: "CREATE TABLE a (x TEXT); CREATE TABLE b (x TEXT)")
    private static let second = Migration(name: "0002", sqlite: "INSERT INTO a (x) VALUES ('second')")
    private static let third = Migration(name: "0003", sqlite: "INSERT INTO a (x) VALUES ('third')")

    private static func open(_ url: String, _ migrations: [Migration]) async throws -> [String] {
        var rows: [String] = []
        try await PostgresFixture.with(url: url, .init(database: .single), migrations: migrations) { store in
            rows = try await store.read { tx in
                try tx.query("SELECT x FROM a ORDER BY x NULLS FIRST").map { try $0.text("x") }
            }
        }
        return rows
    }

    @Test("run once when ten nodes start together")
    func together() async throws {
        let url = try PostgresServer.shared().makeDatabase()
        try await withThrowingTaskGroup { group in
            for _ in 0..<10 {
                group.addTask { try await Self.open(url, [Self.first, Self.second, Self.third]) }
            }
            for try await rows in group { #expect(rows == ["second", "third"]) }
        }
    }

    @Test("go on where they were")
    func further() async throws {
        let url = try PostgresServer.shared().makeDatabase()
        #expect(try await Self.open(url, [Self.first, Self.second]) == ["second"])
        #expect(try await Self.open(url, [Self.first, Self.second, Self.third]) == ["second", "third"])
    }

    @Test(
        "stop a list that does not fit the database",
        arguments: [
            ([first, Migration(name: "0002", sqlite: "SELECT 1")], "0002"), ([first], "0002"),
            ([second, first], "0001"),
        ]
    )
    func refused(list: [Migration], named: String) async throws {
        let url = try PostgresServer.shared().makeDatabase()
        _ = try await Self.open(url, [Self.first, Self.second])
        let error = await #expect(throws: HeddleError.self) { _ = try await Self.open(url, list) }
        #expect(error?.code == .internalError)
        #expect(error?.details["migration"] == named)
    }

    @Test(
        "that fail leave those before them",
        arguments: [
            "INSERT INTO a (x) VALUES ('x'); SELECT * FROM nowhere", "INSERT INTO a (x) VALUES ('x'); COMMIT",
            "INSERT INTO a (x) VALUES ('x'); ROLLBACK",
        ]
    )
    func failing(sql: String) async throws {
        let url = try PostgresServer.shared().makeDatabase()
        let error = await #expect(throws: HeddleError.self) {
            _ = try await Self.open(url, [Self.first, Self.second, Migration(name: "0003", sqlite: sql)])
        }
        #expect(error?.details["migration"] == "0003")
        if !sql.hasSuffix("COMMIT") { #expect(try await Self.open(url, [Self.first, Self.second]) == ["second"]) }
    }

    @Test("have a text of their own where the engines differ")
    func ownText() async throws {
        let url = try PostgresServer.shared().makeDatabase()
        let own = Migration(name: "0002", sqlite: "PRAGMA user_version = 1", postgres: "INSERT INTO a VALUES ('own')")
        #expect(try await Self.open(url, [Self.first, own]) == ["own"])
    }
}

import HeddleModel
import Testing

@testable import HeddleStore

@Suite("Migrations")
struct SQLiteMigrationTests {
    private static let first = Migration(name: "0001", sqlite: "CREATE TABLE a (x TEXT); CREATE TABLE b (x TEXT)")
    private static let second = Migration(name: "0002", sqlite: "INSERT INTO a (x) VALUES ('second')")
    private static let third = Migration(name: "0003", sqlite: "INSERT INTO a (x) VALUES ('third')")

    private static func rows(_ store: HeddleStore) async throws -> [String] {
        try await store.read { tx in try tx.query("SELECT x FROM a ORDER BY x").map { try $0.text("x") } }
    }

    @Test("run once, in order, as they are appended")
    func appended() async throws {
        try await SQLiteFixture.with { fixture in
            let none = try await fixture.opened([Self.first], Self.rows)
            let one = try await fixture.opened([Self.first, Self.second], Self.rows)
            let two = try await fixture.opened([Self.first, Self.second, Self.third], Self.rows)
            let again = try await fixture.opened([Self.first, Self.second, Self.third], Self.rows)
            #expect(none == [])
            #expect(one == ["second"])
            #expect(two == ["second", "third"])
            #expect(again == two)
        }
    }

    @Test(
        "stop a list that does not fit the database",
        arguments: [
            // One that was shipped reads otherwise.
            ([first, Migration(name: "0002", sqlite: "SELECT 1")], "0002"),
            // The database is of a newer Heddle.
            ([first], "0002"),
            ([], "0001"),
            // The order changed.
            ([second, first], "0001"),
            // One was put in between.
            ([first, third, second], "0002"),
        ] as [([Migration], String)]
    )
    func misfits(
        list: [Migration],
        named: String
    ) async throws {
        try await SQLiteFixture.with { fixture in
            _ = try await fixture.opened([Self.first, Self.second], Self.rows)
            let error = #expect(throws: HeddleError.self) { try fixture.open(list) }
            #expect(error?.code == .internalError)
            #expect(error?.details["migration"] == named)
            let rows = try await fixture.opened([Self.first, Self.second], Self.rows)
            #expect(rows == ["second"])
        }
    }

    @Test(
        "that fail leave those before them, and nothing of themselves",
        arguments: [
            "INSERT INTO a (x) VALUES ('half'); INSERT INTO nowhere VALUES (1)",
            "INSERT INTO a (x) VALUES ('half'); COMMIT; INSERT INTO nowhere VALUES (1)",
            "CREATE TABLE p (x TEXT PRIMARY KEY); CREATE TABLE c (x TEXT REFERENCES p); INSERT INTO c VALUES ('orphan')",
        ]
    )
    func failing(sql: String) async throws {
        try await SQLiteFixture.with { fixture in
            let broken = Migration(name: "0003", sqlite: sql)
            let error = #expect(throws: HeddleError.self) { try fixture.open([Self.first, Self.second, broken]) }
            #expect(error?.details["migration"] == "0003")
            guard !sql.contains("COMMIT") else { return }
            let rows = try await fixture.opened([Self.first, Self.second, Self.third], Self.rows)
            #expect(rows == ["second", "third"])
        }
    }

    @Test("may rebuild a table that others refer to")
    func rebuild() async throws {
        let tables = Migration(
            name: "0001",
            sqlite: """
                CREATE TABLE p (x TEXT PRIMARY KEY);
                CREATE TABLE c (x TEXT REFERENCES p (x));
                INSERT INTO p VALUES ('a');
                INSERT INTO c VALUES ('a');
                """
        )
        let rebuild = Migration(
            name: "0002",
            sqlite: """
                CREATE TABLE q (x TEXT PRIMARY KEY, y TEXT);
                INSERT INTO q (x) SELECT x FROM p;
                DROP TABLE p;
                ALTER TABLE q RENAME TO p;
                """
        )
        try await SQLiteFixture.with { fixture in
            try await fixture.opened([tables]) { _ in }
            try await fixture.opened([tables, rebuild]) { store in
                await #expect(throws: StoreConstraintViolation(kind: .foreignKey)) {
                    try await store.write { tx in try tx.execute("DELETE FROM p") }
                }
            }
        }
    }

    @Test("have names of their own")
    func repeatedNames() async throws {
        try await SQLiteFixture.with { fixture in
            #expect(throws: HeddleError.self) { try fixture.open([Self.first, Self.first]) }
        }
    }
}

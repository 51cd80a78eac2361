import HeddleModel
import HeddleStore
import HeddleTestSupport
import Testing

@Suite(
    "PostgreSQL's own types",
    .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
)
struct PostgresValueTests {
    private static func value(_ expression: String) async throws -> StoreValue? {
        let configuration = HeddleStore.Configuration(database: .single)
        var value: StoreValue?
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase(), configuration) { store in
            value = try await store.read { tx in try tx.first("SELECT \(expression) AS value")?.value("value") }
        }
        return value
    }

    @Test(
        "come back as the values of the contract",
        arguments: [
            ("CAST(-7 AS SMALLINT)", -7), ("CAST(-70000 AS INTEGER)", -70_000), ("CAST(5 AS BIGINT)", 5),
            ("TRUE", 1), ("FALSE", 0), ("CAST(0.5 AS DOUBLE PRECISION)", 0.5), ("CAST(-1.5 AS REAL)", -1.5),
            ("CAST('a' AS VARCHAR)", "a"), ("CAST('{\"a\": 1}' AS JSONB)", "{\"a\": 1}"),
            ("CAST('{\"a\":1}' AS JSON)", "{\"a\":1}"),
            ("CAST('6F9619FF-8B86-D011-B42D-00CF4FC964FF' AS UUID)", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
            ("CAST('0' AS NUMERIC)", 0), ("CAST('-12345678901' AS NUMERIC)", -12_345_678_901),
            ("CAST('120000' AS NUMERIC)", 120_000), ("CAST('9223372036854775807' AS NUMERIC)", .integer(.max)),
            ("CAST('-9223372036854775808' AS NUMERIC)", .integer(.min)),
            ("CAST('9223372036854775808' AS NUMERIC)", 9_223_372_036_854_775_808.0),
            ("CAST('0.00012' AS NUMERIC)", 0.00012), ("CAST('-12345.678' AS NUMERIC)", -12345.678),
            ("CAST('1e30' AS NUMERIC)", 1e30), ("CAST('3.00' AS NUMERIC)", 3),
            ("(SELECT SUM(x) FROM (VALUES (CAST(1 AS BIGINT)), (2)) AS t (x))", 3),
            ("(SELECT AVG(x) FROM (VALUES (1), (2)) AS t (x))", 1.5), ("CAST(NULL AS BIGINT)", .null),
        ] as [(String, StoreValue)]
    )
    func types(expression: String, expected: StoreValue) async throws {
        #expect(try await Self.value(expression) == expected)
    }

    @Test("that are none of them are an error")
    func unknown() async throws {
        let error = await #expect(throws: HeddleError.self) { _ = try await Self.value("now()") }
        #expect(error?.code == .internalError)
    }

    @Test("are found for nulls, wherever they stand")
    func nulls() async throws {
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase()) { store in
            try await store.insert("a", amount: 7)
            let lone = try await store.read { tx in
                try tx.first("SELECT $1 IS NULL AS empty", [.null])?.boolean("empty")
            }
            #expect(lone == true)
            for name in [.null, "a", "b"] as [StoreValue] {
                let rows = try await store.read { tx in
                    try tx.query("SELECT name FROM item WHERE ($1 IS NULL OR name = $1) AND amount = $2", [name, 7])
                }
                #expect(rows.count == (name == "b" ? 0 : 1))
            }
            try await store.write { tx in
                let insert = "INSERT INTO item (name, label, amount, ratio, payload) VALUES ($1, $2, $3, $4, $5)"
                try tx.execute(insert, ["n1", .null, .null, .null, .null])
                try tx.execute(insert, ["n2", "x", 3, 0.5, .blob([1])])
                try tx.execute(insert, ["n3", .null, 4, .null, .blob([])])
            }
            let row = try await store.read { tx in try tx.first("SELECT * FROM item WHERE name = 'n2'") }
            #expect(try row?.blob("payload") == [1])
            #expect(try row?.integer("amount") == 3)
        }
    }

    @Test("take text where the statement says so")
    func casts() async throws {
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase()) { store in
            let row = try await store.read { tx in
                #expect(tx.dialect == .postgres)
                return try tx.first("SELECT CAST(CAST($1 AS JSONB) -> 'a' AS TEXT) AS a", ["{\"a\": [1, 2]}"])
            }
            #expect(try row?.text("a") == "[1, 2]")
        }
    }

    @Test("sort text by its bytes in a database that would sort it otherwise")
    func collation() async throws {
        let url = try PostgresServer.shared()
            .makeDatabase("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'")
        let lines = RecordingLog.Lines()
        try await PostgresFixture.with(url: url, logger: RecordingLog.logger(lines)) { store in
            for name in ["b", "B", "a", "é", "ab", "A"] { try await store.insert(name) }
            let names = try await store.names()
            #expect(names == ["A", "B", "a", "ab", "b", "é"])
        }
        #expect(!lines.all.contains { $0.contains("does not sort by its bytes") })
        let loose = Migration(name: "0001", sqlite: "CREATE TABLE loose (name TEXT)")
        try await PostgresFixture.with(
            url: PostgresServer.shared()
                .makeDatabase("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'"),
            migrations: [loose],
            logger: RecordingLog.logger(lines)
        ) { _ in }
        #expect(lines.all.contains { $0.contains("does not sort by its bytes") && $0.contains("loose") })
    }
}

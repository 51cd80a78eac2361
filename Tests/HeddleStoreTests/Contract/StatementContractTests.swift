import HeddleModel
import HeddleStore
import Testing

@Suite("Every engine reads a statement")
struct StatementContractTests {
    @Test("with placeholders that repeat and change places", arguments: ContractEngine.allCases)
    func placeholders(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            let row = try await store.read { tx in
                try tx.first(
                    "SELECT $2 AS second, $1 AS first, $2 AS again, $1 || $2 AS both",
                    [.text("a"), .text("b")]
                )
            }
            #expect(row?.values == ["b", "a", "b", "ab"])
            #expect(row?.columns == ["second", "first", "again", "both"])
        }
    }

    @Test("with ten placeholders and more", arguments: ContractEngine.allCases)
    func manyPlaceholders(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            let row = try await store.read { tx in
                try tx.first(
                    "SELECT $11 AS k, $1 AS a, $10 AS j, $2 AS b, $3 AS c, $4 AS d, $5 AS e, $6 AS f, $7 AS g, $8 AS h, $9 AS i",
                    (1...11).map { .text("v\($0)") }
                )
            }
            #expect(try row?.text("k") == "v11")
            #expect(try row?.text("a") == "v1")
            #expect(try row?.text("j") == "v10")
        }
    }

    @Test("once for each of some rows, and says what each changed", arguments: ContractEngine.allCases)
    func rows(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            // Longer than the memory that texts share, empty, and short.
            let labels = [String(repeating: "long ", count: 30_000), "", "b", "é東", "b"]
            let counts = try await store.write { tx in
                try tx.execute(
                    "INSERT INTO item (name, label) VALUES ($2, $1) ON CONFLICT DO NOTHING",
                    forEach: labels.map { [.text($0), .text(String($0.prefix(5)))] }
                )
            }
            #expect(counts == [1, 1, 1, 1, 0])
            let none = try await store.write { tx in try tx.execute("DELETE FROM item", forEach: []) }
            #expect(none.isEmpty)
            let found = try await store.read { tx in
                try tx.query("SELECT label FROM item").map { try $0.text("label") }
            }
            #expect(Set(found) == Set(labels))
            await #expect(throws: HeddleError.self) {
                try await store.write { tx in
                    try tx.execute("INSERT INTO item (name, amount) VALUES ($1, $2)", forEach: [["x", 1], ["y"]])
                }
            }
            #expect(try await store.names().contains("x") == false)
        }
    }

    @Test("leaving what stands in quotes and comments alone", arguments: ContractEngine.allCases)
    func quotesAndComments(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            let row = try await store.read { tx in
                try tx.first(
                    #"""
                    -- $9 is a comment; it's open
                    SELECT 'it''s $2' AS literal, $1 AS "a $3 ""name""" /* $4 ' */
                    """#,
                    [.text("x")]
                )
            }
            #expect(try row?.text("literal") == "it's $2")
            #expect(try row?.text("a $3 \"name\"") == "x")
        }
    }

    @Test(
        "and refuses what the engines would read differently",
        arguments: ContractEngine.allCases,
        [
            "SELECT ? AS a", "SELECT :a AS a", "SELECT @a AS a", "SELECT $a AS a", "SELECT [name] FROM item",
            "SELECT `name` FROM item", "SELECT $$a$$ AS a", "SELECT 1::text AS a", "SELECT /* a /* b */ c */ 1 AS a",
            "SELECT 'open", "SELECT 1 /* open", "SELECT $0 AS a", "SELECT $2 AS a", "", "-- nothing",
            "SELECT 1 AS a; SELECT 2 AS b",
        ]
    )
    func unportable(
        engine: ContractEngine,
        sql: String
    ) async throws {
        try await engine.withStore { store in
            let error = await #expect(throws: HeddleError.self) {
                try await store.read { tx in try tx.query(sql, [.integer(1)]) }
            }
            #expect(error?.code == .internalError)
            #expect(error?.message.contains("SELECT") == false)
        }
    }

    @Test(
        "and refuses what belongs to the store",
        arguments: ContractEngine.allCases,
        [
            "BEGIN", "commit", "/* hidden */ ROLLBACK", "SAVEPOINT a", "RELEASE heddle_member", "END",
            "CREATE TABLE other (a TEXT)", "DROP TABLE item", "ALTER TABLE item ADD COLUMN x TEXT", "VACUUM",
            "PRAGMA synchronous = OFF", "ATTACH 'x' AS y",
        ]
    )
    func reserved(
        engine: ContractEngine,
        sql: String
    ) async throws {
        try await engine.withStore { store in
            try await store.insert("before")
            let error = await #expect(throws: HeddleError.self) {
                try await store.write { tx in
                    try tx.execute("INSERT INTO item (name) VALUES ('lost')")
                    try tx.execute(sql)
                }
            }
            #expect(error?.code == .internalError)
            let names = try await store.names()
            #expect(names == ["before"])
        }
    }

    @Test("and refuses the wrong number of arguments", arguments: ContractEngine.allCases)
    func argumentCount(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            for arguments in [[], [1, 2]] as [[StoreValue]] {
                await #expect(throws: HeddleError.self) {
                    try await store.read { tx in try tx.query("SELECT $1 AS a", arguments) }
                }
            }
        }
    }

    @Test("that returns what it changed", arguments: ContractEngine.allCases)
    func returning(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            let amounts = try await store.write { tx in
                try tx.execute("INSERT INTO item (name, amount) VALUES ('a', 1), ('b', 2)")
                return try tx.query("UPDATE item SET amount = amount + $1 RETURNING name, amount", [10])
                    .map { try $0.integer("amount") }
                    .sorted()
            }
            #expect(amounts == [11, 12])
        }
    }

    @Test("that settles a clash", arguments: ContractEngine.allCases)
    func onConflict(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            let upsert = """
                INSERT INTO item (name, amount) VALUES ($1, $2)
                ON CONFLICT (name) DO UPDATE SET amount = item.amount + excluded.amount RETURNING amount
                """
            let amounts = try await store.write { tx in
                let first = try tx.first(upsert, ["a", 1])?.integer("amount")
                let second = try tx.first(upsert, ["a", 2])?.integer("amount")
                return [first, second]
            }
            #expect(amounts == [1, 3])
            let ignored = try await store.write { tx in
                try tx.execute("INSERT INTO item (name) VALUES ('a') ON CONFLICT DO NOTHING")
            }
            #expect(ignored == 0)
        }
    }

    @Test("and counts the rows it changed", arguments: ContractEngine.allCases)
    func changes(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            let counts = try await store.write { tx in
                [
                    try tx.execute("INSERT INTO item (name) VALUES ('a'), ('b'), ('c')"),
                    try tx.execute("UPDATE item SET amount = 1 WHERE name <> $1", ["a"]),
                    try tx.execute("DELETE FROM item WHERE name = 'nobody'"),
                    try tx.execute("DELETE FROM item"),
                ]
            }
            #expect(counts == [3, 2, 0, 3])
        }
    }
}

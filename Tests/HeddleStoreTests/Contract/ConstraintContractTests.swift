import HeddleModel
import HeddleStore
import Testing

@Suite("Every engine says which constraint broke")
struct ConstraintContractTests {
    @Test(
        "by its kind",
        arguments: ContractEngine.allCases,
        [
            ("INSERT INTO item (name) VALUES ('a')", .unique, "item"),
            ("INSERT INTO item (name, shelf) VALUES ('b', 'nowhere')", .foreignKey, nil),
            ("DELETE FROM shelf", .foreignKey, nil),
            ("INSERT INTO item (name, amount) VALUES ('b', 13)", .check, nil),
            ("INSERT INTO item (name) VALUES (NULL)", .notNull, "item"),
        ] as [(String, StoreConstraintViolation.Kind, String?)]
    )
    func kinds(
        engine: ContractEngine,
        broken: (sql: String, kind: StoreConstraintViolation.Kind, table: String?)
    ) async throws {
        try await engine.withStore { store in
            try await store.write { tx in
                try tx.execute("INSERT INTO shelf (tenant_id, name) VALUES ('default', 'top')")
                try tx.execute("INSERT INTO item (name, shelf) VALUES ('a', 'top')")
            }
            let violation = await #expect(throws: StoreConstraintViolation.self) {
                try await store.write { tx in try tx.execute(broken.sql) }
            }
            #expect(violation?.kind == broken.kind)
            if let table = broken.table {
                #expect(violation?.table == table)
            }
            let names = try await store.names()
            #expect(names == ["a"])
        }
    }

    @Test("and loses the transaction, even when the closure looks away", arguments: ContractEngine.allCases)
    func swallowed(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            try await store.insert("a")
            let violation = await #expect(throws: StoreConstraintViolation.self) {
                try await store.write { tx in
                    try tx.execute("INSERT INTO item (name) VALUES ('b')")
                    _ = try? tx.execute("INSERT INTO item (name) VALUES ('a')")
                    _ = try? tx.execute("INSERT INTO item (name) VALUES ('c')")
                }
            }
            #expect(violation?.kind == .unique)
            let names = try await store.names()
            #expect(names == ["a"])
        }
    }

    @Test("and runs the same statement again afterwards", arguments: ContractEngine.allCases)
    func reuse(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            try await store.insert("a")
            for _ in 0..<3 {
                await #expect(throws: StoreConstraintViolation.self) { try await store.insert("a") }
            }
            try await store.insert("b")
            let names = try await store.names()
            #expect(names == ["a", "b"])
        }
    }
}

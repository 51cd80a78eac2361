import HeddleStore
import Testing

@Suite("Every engine orders and compares")
struct OrderContractTests {
    private static func fill(_ store: HeddleStore) async throws {
        try await store.write { tx in
            for (name, label) in [("1", "b"), ("2", nil), ("3", "A"), ("4", "é"), ("5", "a"), ("6", "ab")] {
                try tx.execute("INSERT INTO item (name, label) VALUES ($1, $2)", [.text(name), StoreValue(label)])
            }
        }
    }

    @Test(
        "nulls where the statement says",
        arguments: ContractEngine.allCases,
        [("NULLS FIRST", "2"), ("NULLS LAST", "3")]
    )
    func nulls(
        engine: ContractEngine,
        order: (clause: String, first: String)
    ) async throws {
        try await engine.withStore { store in
            try await Self.fill(store)
            let first = try await store.read { tx in
                try tx.first("SELECT name FROM item ORDER BY label \(order.clause), name")?.text("name")
            }
            #expect(first == order.first)
        }
    }

    @Test("text by its bytes", arguments: ContractEngine.allCases)
    func collation(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            try await Self.fill(store)
            let labels = try await store.read { tx in
                try tx.query("SELECT label FROM item WHERE label IS NOT NULL ORDER BY label")
                    .map {
                        try $0.text("label")
                    }
            }
            #expect(labels == ["A", "a", "ab", "b", "é"])
            let equal = try await store.read { tx in try tx.query("SELECT name FROM item WHERE label = 'B'") }
            #expect(equal.isEmpty)
        }
    }

    @Test("LIKE with the case minded and the escape named", arguments: ContractEngine.allCases)
    func like(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            try await Self.fill(store)
            try await store.insert("100%")
            try await store.insert("1000")
            let find: @Sendable (ReadTransaction, String, String) throws -> [String] = { tx, column, pattern in
                try tx.query(
                    "SELECT name FROM item WHERE \(column) LIKE $1 ESCAPE '\\' ORDER BY name",
                    [.text(pattern)]
                )
                .map { try $0.text("name") }
            }
            let (lower, upper, percent) = try await store.read { tx in
                (try find(tx, "label", "a%"), try find(tx, "label", "A%"), try find(tx, "name", "100\\%"))
            }
            #expect(lower == ["5", "6"])
            #expect(upper == ["3"])
            #expect(percent == ["100%"])
        }
    }
}

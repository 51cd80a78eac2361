import HeddleModel
import HeddleStore
import Testing

@Suite("Every engine keeps values")
struct ValueContractTests {
    private static func roundTrip(
        _ value: StoreValue,
        column: String,
        in store: HeddleStore
    ) async throws -> StoreValue? {
        try await store.write { tx in
            try tx.execute("DELETE FROM item")
            try tx.execute("INSERT INTO item (name, \(column)) VALUES ('x', $1)", [value])
        }
        return try await store.read { tx in try tx.first("SELECT \(column) FROM item")?.value(column) }
    }

    @Test("of every type as they were", arguments: ContractEngine.allCases)
    func roundTrips(engine: ContractEngine) async throws {
        let cases: [(String, [StoreValue])] = [
            ("amount", [.null, 0, -1, .integer(.max), .integer(.min)]),
            (
                "ratio",
                [.null, 0.5, -0.0, .real(.greatestFiniteMagnitude), .real(.leastNonzeroMagnitude), .real(.infinity)]
            ),
            (
                "label",
                [
                    .null, "", "plain", "it's", "日本語 🧵 e\u{301}", "line\nbreak",
                    .text(String(repeating: "x", count: 100_000)),
                ]
            ),
            (
                "payload",
                [.null, .blob([]), .blob([0]), .blob(Array(0...255)), .blob([UInt8](repeating: 7, count: 1 << 20))]
            ),
        ]
        try await engine.withStore { store in
            for (column, values) in cases {
                for value in values {
                    let kept = try await Self.roundTrip(value, column: column, in: store)
                    #expect(kept == value)
                }
            }
        }
    }

    @Test(
        "and refuses those they would change",
        arguments: ContractEngine.allCases,
        [("ratio", .real(.nan)), ("label", "a\u{0}b")] as [(String, StoreValue)]
    )
    func refused(
        engine: ContractEngine,
        input: (column: String, value: StoreValue)
    ) async throws {
        try await engine.withStore { store in
            let error = await #expect(throws: HeddleError.self) {
                try await Self.roundTrip(input.value, column: input.column, in: store)
            }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test("and rows say what does not fit", arguments: ContractEngine.allCases)
    func mismatches(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            try await store.insert("x", amount: 7)
            let row = try #require(try await store.read { tx in try tx.first("SELECT * FROM item") })
            #expect(try row.integer("amount") == 7)
            #expect(try row.real("amount") == 7)
            #expect(try row.boolean("amount"))
            #expect(try row.textIfPresent("label") == nil)
            #expect(try row.blobIfPresent("payload") == nil)
            #expect(try row.realIfPresent("ratio") == nil)
            #expect(try row.integerIfPresent("ratio") == nil)
            #expect(throws: HeddleError.self) { try row.text("amount") }
            #expect(throws: HeddleError.self) { try row.text("label") }
            #expect(throws: HeddleError.self) { try row.integer("nowhere") }
            #expect(throws: HeddleError.self) { try row.blob("name") }
        }
    }

    @Test("made of optionals")
    func optionals() {
        #expect(StoreValue(nil as String?) == .null)
        #expect(StoreValue("a" as String?) == .text("a"))
        #expect(StoreValue(7 as Int?) == .integer(7))
        #expect(StoreValue(true) == .integer(1))
        #expect(StoreValue(0.5 as Double?) == .real(0.5))
        #expect(StoreValue([1] as [UInt8]?) == .blob([1]))
    }
}

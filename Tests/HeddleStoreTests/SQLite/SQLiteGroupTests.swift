import HeddleModel
import Testing

@testable import HeddleStore

@Suite("A group of writes that loses its transaction")
struct SQLiteGroupTests {
    /// Runs writes as one group of an engine, and returns what each caller got.
    private static func runTogether(
        _ count: Int,
        on engine: SQLiteEngine,
        _ body: @escaping @Sendable (Int, WriteTransaction) throws -> Void
    ) async throws -> [Int: (any Error)?] {
        let gate = Gate()
        return try await withThrowingTaskGroup { group in
            group.addTask {
                try await engine.write { _ in gate.hold() }
                return (-1, nil as (any Error)?)
            }
            await gate.waitForArrival()
            for number in 0..<count {
                group.addTask {
                    do {
                        try await engine.write { tx in try body(number, tx) }
                        return (number, nil as (any Error)?)
                    } catch {
                        return (number, error)
                    }
                }
            }
            while engine.statistics.queueDepth < count { await Task.yield() }
            gate.open()
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private static func names(_ engine: SQLiteEngine) async throws -> [String] {
        try await engine.read { tx in
            try tx.query("SELECT name FROM item ORDER BY name").map { try $0.text("name") }
        }
    }

    @Test("undoes a member that fails, whether it had changed something or not", arguments: [false, true])
    func failedMember(_ leavesTrace: Bool) async throws {
        struct Refusal: Error {}
        let engine = try SQLiteEngine.temporary(migrations: SQLiteFixture.schema)
        let outcomes = try await Self.runTogether(6, on: engine) { number, tx in
            if number == 3, !leavesTrace { throw Refusal() }
            try tx.execute("INSERT INTO item (name) VALUES ($1)", [.text("item-\(number)")])
            if number == 3 { throw Refusal() }
        }
        for number in 0..<6 {
            #expect((outcomes[number].flatMap { $0 } is Refusal) == (number == 3))
        }
        #expect(try await Self.names(engine) == ["item-0", "item-1", "item-2", "item-4", "item-5"])
        // The others share a commit all the same.
        #expect(engine.statistics.groups == 2)
        #expect(engine.statistics.regroupedGroups == 0)
        #expect(engine.statistics.failedWrites == 1)
        await engine.close()
    }

    @Test("on a full disk keeps its innocent members")
    func diskFull() async throws {
        let engine = try SQLiteEngine.temporary(migrations: SQLiteFixture.schema)
        _ = try await engine.write { tx in try tx.execute("INSERT INTO item (name) VALUES ('first')") }
        try engine.connection.limitGrowth(toPages: 2)
        let outcomes = try await Self.runTogether(10, on: engine) { number, tx in
            let size = number == 4 ? 100_000 : 10
            try tx.execute(
                "INSERT INTO item (name, label) VALUES ($1, $2)",
                [.text("item-\(number)"), .text(String(repeating: "x", count: size))]
            )
        }
        for number in 0..<10 {
            let error = outcomes[number].flatMap { $0 } as? HeddleError
            #expect(error?.code == (number == 4 ? .storageFull : nil))
        }
        let names = try await Self.names(engine)
        #expect(names.count == 10)
        #expect(!names.contains("item-4"))
        #expect(engine.statistics.regroupedGroups == 1)
        #expect(engine.statistics.failedWrites == 1)
        await engine.close()
    }

    @Test("even when the guilty member looks away")
    func diskFullSwallowed() async throws {
        let engine = try SQLiteEngine.temporary(migrations: SQLiteFixture.schema)
        try engine.connection.limitGrowth(toPages: 2)
        let outcomes = try await Self.runTogether(5, on: engine) { number, tx in
            try tx.execute("INSERT INTO item (name) VALUES ($1)", [.text("item-\(number)")])
            guard number == 2 else { return }
            _ = try? tx.execute("UPDATE item SET label = $1", [.text(String(repeating: "x", count: 100_000))])
            // Outside of any transaction by now, it would commit by itself.
            _ = try? tx.execute("INSERT INTO item (name) VALUES ('escaped')")
        }
        let error = outcomes[2].flatMap { $0 } as? HeddleError
        #expect(error?.code == .storageFull)
        let names = try await Self.names(engine)
        #expect(names == ["item-0", "item-1", "item-3", "item-4"])
        await engine.close()
    }

    @Test("at its commit keeps its innocent members")
    func failedCommit() async throws {
        // Heddle has no deferred constraints; here one makes a commit fail that every statement was fine with.
        let schema = [
            Migration(
                name: "0001",
                sqlite: """
                    CREATE TABLE item (
                        name TEXT PRIMARY KEY,
                        label TEXT REFERENCES item (name) DEFERRABLE INITIALLY DEFERRED
                    ) STRICT
                    """
            )
        ]
        let engine = try SQLiteEngine.temporary(migrations: schema)
        let outcomes = try await Self.runTogether(5, on: engine) { number, tx in
            try tx.execute(
                "INSERT INTO item (name, label) VALUES ($1, $2)",
                [.text("item-\(number)"), number == 3 ? "nobody" : nil]
            )
        }
        let violation = outcomes[3].flatMap { $0 } as? StoreConstraintViolation
        #expect(violation?.kind == .foreignKey)
        let names = try await Self.names(engine)
        #expect(names == ["item-0", "item-1", "item-2", "item-4"])
        #expect(engine.statistics.regroupedGroups == 1)
        await engine.close()
    }
}

import Foundation
import HeddleModel
import Testing

@testable import HeddleStore

@Suite("SQLite is opened durably")
struct SQLiteDurabilityTests {
    @Test("with every pragma read back on every connection")
    func pragmas() async throws {
        let engine = try SQLiteEngine.temporary(migrations: SQLiteFixture.schema)
        let connections = [engine.connection] + engine.readers.connections
        #expect(connections.count == 5)
        for connection in connections {
            #expect(try connection.pragma("journal_mode") == "wal")
            #expect(try connection.pragma("synchronous") == "2")
            #expect(try connection.pragma("foreign_keys") == "1")
            #expect(try connection.pragma("wal_autocheckpoint") == "0")
        }
        #expect(try engine.connection.pragma("busy_timeout") == "10000")
        await engine.close()
    }

    @Test("or not at all")
    func mismatch() async throws {
        let engine = try SQLiteEngine.temporary(migrations: [])
        let error = #expect(throws: HeddleError.self) {
            try engine.connection.perform {
                try SQLitePragmas.set("synchronous", "NORMAL", reads: "2", in: $0.database)
            }
        }
        #expect(error?.code == .internalError)
        #expect(error?.cause is SQLitePragmas.Mismatch)
        await engine.close()
    }

    @Test("for its owner alone")
    func modes() async throws {
        try await SQLiteFixture.with { fixture in
            try await fixture.opened { store in
                _ = try await store.write { tx in try tx.execute("INSERT INTO item (name) VALUES ('a')") }
                for name in ["heddle.sqlite", "heddle.sqlite-wal", "heddle.sqlite-shm"] {
                    let attributes = try FileManager.default.attributesOfItem(
                        atPath: "\(fixture.directory.path)/\(name)"
                    )
                    #expect(attributes[.posixPermissions] as? Int == 0o600)
                }
            }
        }
    }

    @Test("and keeps what was written")
    func reopen() async throws {
        try await SQLiteFixture.with { fixture in
            try await fixture.opened { store in
                for number in 0..<50 {
                    _ = try await store.write { tx in
                        try tx.execute("INSERT INTO item (name) VALUES ($1)", [.text("item-\(number)")])
                    }
                }
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path)
            #expect(files == ["heddle.sqlite"])
            let count = try await fixture.opened { store in
                try await store.read { tx in try tx.query("SELECT name FROM item").count }
            }
            #expect(count == 50)
        }
    }

    @Test("and a damaged file says so without its path")
    func damaged() async throws {
        try await SQLiteFixture.with { fixture in
            try Data(repeating: 7, count: 8_192).write(to: URL(filePath: fixture.path))
            let error = #expect(throws: HeddleError.self) { try fixture.open() }
            #expect(error?.code == .internalError)
            #expect(error?.message.contains("/") == false)
        }
    }

    @Test("and finds a page of a keyset list by its index")
    func queryPlan() async throws {
        try await ContractEngine.sqlite.withStore { store in
            let plan = try await store.read { tx in
                try tx.query(
                    """
                    EXPLAIN QUERY PLAN
                    SELECT name FROM item WHERE tenant_id = $1 AND shelf = $2 AND name > $3 ORDER BY name LIMIT $4
                    """,
                    ["default", "top", "a", 20]
                )
                .map { try $0.text("detail") }
            }
            #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") && $0.contains("item_by_shelf") })
        }
    }
}

import Foundation
import Logging
import Testing

@testable import HeddleStore

@Suite("The log of SQLite")
struct SQLiteCheckpointTests {
    private static func fill(
        _ engine: SQLiteEngine,
        _ rounds: Range<Int>
    ) async throws {
        for round in rounds {
            _ = try await engine.write { tx in
                try tx.execute(
                    "INSERT INTO item (name, label) VALUES ($1, $2)",
                    [.text("item-\(round)"), .text(String(repeating: "x", count: 8_000))]
                )
            }
        }
    }

    private static func logSize(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    private static func open(_ directory: TemporaryDirectory) throws -> SQLiteEngine {
        try SQLiteEngine.open(
            directory: directory.path,
            configuration: HeddleStore.Configuration(),
            thresholds: SQLiteCheckpointer.Thresholds(passive: 64 << 10, truncating: 512 << 10),
            migrations: SQLiteFixture.schema,
            logger: .init(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("stays small under writes")
    func bounded() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let engine = try Self.open(directory)
        // Some 6 MB.
        try await Self.fill(engine, 0..<500)
        #expect(engine.statistics.checkpoints > 0)
        #expect(try Self.logSize("\(directory.path)/heddle.sqlite-wal") < 1 << 20)
        await engine.close()
    }

    @Test("grows while a reader pins it, and shrinks afterwards")
    func pinned() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let engine = try Self.open(directory)
        try await Self.fill(engine, 0..<1)
        let gate = Gate()
        async let held = engine.read { tx in
            let count = try tx.query("SELECT name FROM item").count
            gate.hold()
            return count + (try tx.query("SELECT name FROM item").count)
        }
        await gate.waitForArrival()
        try await Self.fill(engine, 1..<200)
        #expect(try Self.logSize("\(directory.path)/heddle.sqlite-wal") > 1 << 20)
        gate.open()
        #expect(try await held == 2)
        try await Self.fill(engine, 200..<300)
        while engine.statistics.truncatingCheckpoints == 0 {
            try await Self.fill(engine, 300..<301)
            _ = try await engine.write { tx in try tx.execute("DELETE FROM item WHERE name = 'item-300'") }
        }
        #expect(try Self.logSize("\(directory.path)/heddle.sqlite-wal") < 1 << 20)
        await engine.close()
    }
}

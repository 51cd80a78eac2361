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
                    [.text("item-\(round)"), .text(String(repeating: "x", count: 40_000))]
                )
            }
        }
    }

    private static func logSize(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    /// Goes on writing little until the log is as hoped: on a busy machine a checkpoint comes later, but it comes.
    private static func write(
        to engine: SQLiteEngine,
        until isDone: (StoreStatistics) throws -> Bool
    ) async throws {
        while try !isDone(engine.statistics) {
            _ = try await engine.write { tx in
                try tx.execute("UPDATE item SET label = label || 'y' WHERE name = 'item-1'")
            }
        }
    }

    private static func open(_ directory: TemporaryDirectory) throws -> SQLiteEngine {
        try SQLiteEngine.open(
            directory: directory.path,
            configuration: HeddleStore.Configuration(),
            thresholds: SQLiteCheckpointer.Thresholds(passive: 64 << 10, restarting: 256 << 10, truncating: 1 << 20),
            migrations: SQLiteFixture.schema,
            logger: .init(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("stays small under writes", .timeLimit(.minutes(5)))
    func bounded() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let engine = try Self.open(directory)
        // Some 4 MB, more than ten times what makes the log start over.
        try await Self.fill(engine, 0..<100)
        try await Self.write(to: engine) { $0.restartingCheckpoints > 0 && $0.logBytes < 1 << 20 }
        await engine.close()
    }

    @Test("grows while a reader pins it, and shrinks afterwards", .timeLimit(.minutes(5)))
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
        try await Self.fill(engine, 1..<50)
        #expect(try Self.logSize("\(directory.path)/heddle.sqlite-wal") > 1 << 20)
        gate.open()
        #expect(try await held == 2)
        try await Self.write(to: engine) { statistics in
            let size = try Self.logSize("\(directory.path)/heddle.sqlite-wal")
            return statistics.truncatingCheckpoints > 0 && size < 1 << 20
        }
        await engine.close()
    }
}

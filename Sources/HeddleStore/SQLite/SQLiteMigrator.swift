import GRDB
import HeddleModel
import Logging

/// Brings the schema of a database up to a list of migrations.
struct SQLiteMigrator {
    let migrations: [Migration]
    let logger: Logger

    /// Applies what is missing, each migration in a transaction of its own.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the database has a migration that is not in the list, or
    ///   one that reads otherwise there; an error of SQLite when a migration fails, which leaves those before it.
    func run(on connection: SQLiteConnection) throws {
        try MigrationHistory.checkNames(of: migrations)
        try connection.perform { session in
            let applied = try records(in: session)
            try MigrationHistory.check(applied, against: migrations, for: .sqlite)
            guard applied.count < migrations.count else { return }
            // Rebuilding a table drops one that others refer to. The keys are checked before each commit instead.
            try SQLitePragmas.set("foreign_keys", "OFF", reads: "0", in: session.database)
            for (position, migration) in migrations.enumerated().dropFirst(applied.count) {
                try apply(migration, at: position, in: session)
                logger.info("applied a migration", metadata: ["migration": "\(migration.name)"])
            }
            try SQLitePragmas.set("foreign_keys", "ON", reads: "1", in: session.database)
        }
    }

    private func records(in session: SQLiteSession) throws -> [MigrationHistory.Record] {
        try session.database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS heddle_migration (
                    position INTEGER PRIMARY KEY,
                    name TEXT NOT NULL UNIQUE,
                    checksum TEXT NOT NULL
                ) STRICT
                """
        )
        let rows = try GRDB.Row.fetchAll(
            session.database,
            sql: "SELECT name, checksum FROM heddle_migration ORDER BY position"
        )
        return rows.map { MigrationHistory.Record(name: $0["name"], checksum: $0["checksum"]) }
    }

    private func apply(
        _ migration: Migration,
        at position: Int,
        in session: SQLiteSession
    ) throws {
        let db = session.database
        do {
            try session.beginWriting()
            try db.execute(sql: migration.sqlite)
            guard session.isInsideTransaction else {
                throw MigrationHistory.Fault.transactionLost(migration: migration.name)
            }
            guard try GRDB.Row.fetchOne(db, sql: "PRAGMA foreign_key_check") == nil else {
                throw MigrationHistory.Fault.foreignKeysBroken(migration: migration.name)
            }
            try db.execute(
                sql: "INSERT INTO heddle_migration (position, name, checksum) VALUES (?, ?, ?)",
                arguments: [position, migration.name, migration.checksum(for: .sqlite)]
            )
            try session.commit()
        } catch {
            session.abandon()
            throw SQLiteFailure.migration(migration.name, failedWith: error)
        }
    }
}

extension SQLiteFailure {
    /// Names the migration that failed; a full disk stays one.
    fileprivate static func migration(
        _ name: String,
        failedWith error: any Error
    ) -> any Error {
        let translated = translate(error)
        if let full = translated as? HeddleError, full.code == .storageFull {
            return full
        }
        return HeddleError(.internalError, "a migration failed", details: ["migration": name], cause: error)
    }
}

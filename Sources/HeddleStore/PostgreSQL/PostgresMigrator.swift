import CPostgres
import HeddleModel
import Logging

/// Brings the schema of a database up to a list of migrations; of several nodes that start together one does it.
struct PostgresMigrator {
    /// The key of the lock that nodes wait for each other at; the name of the table in bytes.
    static let lock = 0x6865_6464_6c65_6d67
    /// Changing a large table takes long, and so does waiting for the node that does.
    private static let patience = Duration.seconds(3_600)

    let migrations: [Migration]
    let logger: Logger

    /// Applies what is missing, each migration in a transaction of its own together with its record.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the database has a migration that is not in the list, or
    ///   one that reads otherwise there, or a migration fails, which leaves those before it; ``PostgresFailure``.
    func run(on connection: PostgresConnection) throws {
        try MigrationHistory.checkNames(of: migrations)
        try run("SELECT pg_advisory_lock(\(Self.lock))", on: connection)
        // The end of the connection gives the lock back as well.
        defer { _ = try? run("SELECT pg_advisory_unlock(\(Self.lock))", on: connection) }
        try run(
            """
            CREATE TABLE IF NOT EXISTS heddle_migration (
                position INTEGER PRIMARY KEY,
                name TEXT COLLATE "C" NOT NULL UNIQUE,
                checksum TEXT COLLATE "C" NOT NULL
            )
            """,
            on: connection
        )
        let applied = try records(on: connection)
        try MigrationHistory.check(applied, against: migrations, for: .postgres)
        for (position, migration) in migrations.enumerated().dropFirst(applied.count) {
            do {
                try apply(migration, at: position, on: connection)
            } catch {
                _ = try? run("ROLLBACK", on: connection)
                throw Self.failure(of: migration, error)
            }
            logger.info("applied a migration", metadata: ["migration": "\(migration.name)"])
        }
    }

    private func records(on connection: PostgresConnection) throws(PostgresFailure) -> [MigrationHistory.Record] {
        let result = try run("SELECT name, checksum FROM heddle_migration ORDER BY position", on: connection)
        guard let result else { return [] }
        return (0..<result.rowCount)
            .map { row in
                MigrationHistory.Record(name: result.text(row, 0) ?? "", checksum: result.text(row, 1) ?? "")
            }
    }

    private func apply(
        _ migration: Migration,
        at position: Int,
        on connection: PostgresConnection
    ) throws {
        try run("BEGIN", on: connection)
        try run(migration.text(for: .postgres), on: connection)
        guard PQtransactionStatus(connection.handle) == PQTRANS_INTRANS else {
            throw MigrationHistory.Fault.transactionLost(migration: migration.name)
        }
        let name = migration.name.replacing("'", with: "''")
        try run(
            """
            INSERT INTO heddle_migration (position, name, checksum)
            VALUES (\(position), '\(name)', '\(migration.checksum(for: .postgres))')
            """,
            on: connection
        )
        try run("COMMIT", on: connection)
    }

    @discardableResult
    private func run(
        _ sql: String,
        on connection: PostgresConnection
    ) throws(PostgresFailure) -> PostgresResult? {
        try PostgresAnswers.run(sql, on: connection.handle, deadline: .now + Self.patience)
    }

    private static func failure(
        of migration: Migration,
        _ error: any Error
    ) -> HeddleError {
        let translated = (error as? PostgresFailure)?.translated(isWrite: true) as? HeddleError
        if let translated, translated.code != .internalError { return translated }
        return HeddleError(.internalError, "a migration failed", details: ["migration": migration.name], cause: error)
    }
}

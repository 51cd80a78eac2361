import Glibc
import HeddleModel
import Logging

/// What happens once, before the pool is opened.
enum PostgresOpening {
    /// Connects, and tries again while the server starts.
    ///
    /// - Throws: ``HeddleError`` with `.databaseUnavailable`.
    static func connect(
        _ address: PostgresAddress,
        limits: HeddleStore.Configuration.Database,
        logger: Logger
    ) throws -> PostgresConnection {
        let deadline = ContinuousClock.now + limits.acquireTimeout
        while true {
            do {
                return try PostgresConnection(address, limits: limits, forMigrations: true, logger: logger)
            } catch let failure as PostgresFailure {
                guard .now < deadline, !isFinal(failure) else {
                    throw HeddleError(
                        .databaseUnavailable,
                        "the database is not available",
                        details: ["place": address.place],
                        cause: failure
                    )
                }
                usleep(UInt32.random(in: 50_000...250_000))
            }
        }
    }

    /// The server answered, and will not answer otherwise soon: a wrong password, no such database.
    private static func isFinal(_ failure: PostgresFailure) -> Bool {
        let message = failure.message
        let passing = [
            "starting up", "shutting down", "recovery", "too many", "remaining connection slots", "read-only",
        ]
        return message.contains("FATAL:") && !passing.contains { message.contains($0) }
            || message.contains("certificate")
    }

    /// Says so when text does not sort by its bytes, as the contract of ``ReadTransaction`` has it.
    static func warnOfCollations(
        on connection: PostgresConnection,
        _ logger: Logger
    ) throws(PostgresFailure) {
        for (table, columns) in try unsortedColumns(on: connection) {
            logger.warning(
                "text in a table does not sort by its bytes",
                metadata: ["table": "\(table)", "columns": "\(columns)"]
            )
        }
    }

    /// The tables with text that does not sort by its bytes, each with the names of its columns.
    static func unsortedColumns(
        on connection: PostgresConnection
    ) throws(PostgresFailure) -> [(table: String, columns: String)] {
        let deadline = ContinuousClock.now + connection.limits.queryTimeout
        let result = try PostgresAnswers.run(
            """
            WITH standard AS (
                SELECT datlocprovider = 'c' AND datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') AS sorts_by_bytes
                FROM pg_database WHERE datname = current_database()
            )
            SELECT table_class.relname, string_agg(attribute.attname, ', ' ORDER BY attribute.attnum)
            FROM pg_attribute attribute
            JOIN pg_class table_class ON table_class.oid = attribute.attrelid AND table_class.relkind IN ('r', 'p')
            JOIN pg_namespace space ON space.oid = table_class.relnamespace AND space.nspname = current_schema()
            JOIN pg_collation ON pg_collation.oid = attribute.attcollation
            WHERE attribute.attnum > 0 AND NOT attribute.attisdropped AND collname NOT IN ('C', 'POSIX', 'C.utf8')
                AND NOT (collname = 'default' AND (SELECT sorts_by_bytes FROM standard))
            GROUP BY table_class.relname ORDER BY 1 LIMIT 20
            """,
            on: connection.handle,
            deadline: deadline
        )
        guard let result else { return [] }
        return (0..<result.rowCount).map { (result.text($0, 0) ?? "", result.text($0, 1) ?? "") }
    }
}

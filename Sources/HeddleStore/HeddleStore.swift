package import Logging

/// The one database of a server, behind closures that read and closures that write.
///
/// Nothing above this module knows which engine answers: SQL is portable, values are ``StoreValue`` and rows are
/// ``Row``. Services open transactions, repositories take one.
///
/// An acknowledged write is durable: ``write(_:)`` returns after the disk has it.
package final class HeddleStore: Sendable {
    private let engine: any StoreEngine

    init(engine: any StoreEngine) {
        self.engine = engine
    }

    /// Opens `<directory>/heddle.sqlite`, creates it when it is missing, and migrates it.
    ///
    /// The directory has to exist and to belong to this process alone: open a ``DataDirectory`` first.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when a shipped migration changed, the database is of a newer
    ///   Heddle, or it cannot be opened durably; `.storageFull` when the disk is full.
    package static func open(
        directory: String,
        configuration: Configuration = Configuration(),
        migrations: [Migration],
        logger: Logger
    ) throws -> HeddleStore {
        let engine = try SQLiteEngine.open(
            directory: directory,
            configuration: configuration,
            migrations: migrations,
            logger: logger
        )
        return HeddleStore(engine: engine)
    }

    /// Connects to a PostgreSQL database, such as `postgres://heddle:secret@db.example/heddle`, and migrates it.
    ///
    /// Certificates are verified unless the server is on this machine or the URL asks for less (`sslmode`).
    ///
    /// - Throws: ``HeddleError`` with `.invalidConfiguration` for a URL that cannot be read, `.databaseUnavailable` when
    ///   there is no connection within the acquire timeout, and `.internalError` when a shipped migration changed, the
    ///   database is of a newer Heddle, or it would not be durable.
    package static func open(
        url: String,
        configuration: Configuration = Configuration(),
        migrations: [Migration],
        logger: Logger
    ) async throws -> HeddleStore {
        let engine = try await PostgresEngine.open(
            url: url,
            configuration: configuration,
            migrations: migrations,
            logger: logger
        )
        return HeddleStore(engine: engine)
    }

    /// Opens a throw-away store for tests, in a temporary directory that ``close()`` removes.
    package static func temporary(
        migrations: [Migration],
        configuration: Configuration = Configuration()
    ) throws -> HeddleStore {
        HeddleStore(engine: try SQLiteEngine.temporary(configuration: configuration, migrations: migrations))
    }

    /// Runs a closure on one snapshot of the database, which has every write that was acknowledged before the call.
    ///
    /// - Throws: as ``read(_:_:)``.
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (ReadTransaction) throws -> T
    ) async throws -> T {
        try await engine.read(.strong, body)
    }

    /// Runs a closure on one snapshot of the database, which has what the consistency promises.
    ///
    /// The closure runs on a thread of the store, never on the cooperative pool, and cannot write. Cancelling the
    /// caller does not interrupt it.
    ///
    /// - Parameters:
    ///   - consistency: Whether a read replica may answer.
    ///   - body: What reads; it may run more than once.
    /// - Returns: What the closure returns.
    /// - Throws: what the closure throws; ``HeddleError`` with `.storeQueueFull` when too many reads wait,
    ///   `.shuttingDown` after ``close()``, and from a database server `.databaseUnavailable`,
    ///   `.databasePoolExhausted` and `.deadlineExceeded`.
    package func read<T: Sendable>(
        _ consistency: ReadConsistency,
        _ body: @escaping @Sendable (ReadTransaction) throws -> T
    ) async throws -> T {
        try await engine.read(consistency, body)
    }

    /// Runs a closure in a transaction, and returns once its changes are on the disk.
    ///
    /// - Important: The closure **may run more than once**: concurrent writes share a commit, and when one of them
    ///   takes the transaction down (a full disk), the others run again. It touches nothing but its transaction and
    ///   values it owns, and does nothing slow.
    ///
    /// A closure that throws leaves no trace. So does one that swallowed the error of a statement: the transaction is
    /// lost with its first failed statement, as on PostgreSQL. Use `ON CONFLICT` for what is expected to clash.
    ///
    /// Cancelling the caller changes nothing: the write happens as a whole or not at all, and the caller gets to know
    /// which.
    ///
    /// - Throws: what the closure throws; ``StoreConstraintViolation`` for a broken constraint; ``HeddleError`` with
    ///   `.storeQueueFull` when too many writes wait, `.storageFull` when the disk is full, `.shuttingDown` after
    ///   ``close()``; from a database server also `.databaseUnavailable`, `.databasePoolExhausted`, `.deadlineExceeded`,
    ///   `.overloaded` when it lost against other writes too often, and `.databaseInDoubt` when nobody can tell whether
    ///   it happened.
    package func write<T: Sendable>(
        _ body: @escaping @Sendable (WriteTransaction) throws -> T
    ) async throws -> T {
        try await engine.write(body)
    }

    /// Takes other limits for the commits that writes share, from the next write on.
    package func setBatches(maximumItems: Int, maximumDelay: Duration, maximumQueue: Int) {
        engine.reconfigure { configuration in
            configuration.maximumBatch = max(1, maximumItems)
            configuration.maximumDelay = maximumDelay
            configuration.maximumQueue = max(1, maximumQueue)
        }
    }

    /// Finishes what was accepted, brings it into the database file, and closes it; later calls are refused.
    ///
    /// Calling it again waits for the first call and does nothing else.
    package func close() async {
        await engine.close()
    }

    /// What the store did since it was opened, and what waits.
    package var statistics: StoreStatistics {
        engine.statistics
    }
}

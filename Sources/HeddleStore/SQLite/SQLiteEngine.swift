import GRDB
import Glibc
import HeddleModel
import Logging

/// The embedded engine: one file, one writer, some readers, one checkpointer.
final class SQLiteEngine: StoreEngine {
    /// The name of the database file in its directory.
    static let fileName = "heddle.sqlite"

    let connection: SQLiteConnection
    let readers: SQLiteReaders
    private let writer: SQLiteWriter
    private let checkpointer: SQLiteCheckpointer
    private let temporary: TemporaryDirectory?
    private let logger: Logger

    private init(
        path: String,
        configuration: HeddleStore.Configuration,
        thresholds: SQLiteCheckpointer.Thresholds,
        migrations: [Migration],
        temporary: TemporaryDirectory?,
        logger: Logger
    ) throws {
        let connection = try SQLiteConnection(path: path, role: .writer)
        try SQLiteMigrator(migrations: migrations, logger: logger).run(on: connection)
        let checkpointer = try SQLiteCheckpointer(
            connection: SQLiteConnection(path: path, role: .checkpointer),
            writer: connection,
            thresholds: thresholds,
            logger: logger
        )
        self.connection = connection
        self.checkpointer = checkpointer
        self.temporary = temporary
        self.logger = logger
        readers = try SQLiteReaders(path: path, configuration: configuration)
        writer = SQLiteWriter(connection: connection, configuration: configuration) {
            checkpointer.logGrew(to: connection.logFrames)
        }
    }

    /// Opens the database in a directory that is there.
    static func open(
        directory: String,
        configuration: HeddleStore.Configuration,
        thresholds: SQLiteCheckpointer.Thresholds = SQLiteCheckpointer.Thresholds(),
        migrations: [Migration],
        temporary: TemporaryDirectory? = nil,
        logger: Logger
    ) throws -> SQLiteEngine {
        let path = "\(directory)/\(fileName)"
        do {
            try createFile(path, in: directory)
            return try SQLiteEngine(
                path: path,
                configuration: configuration,
                thresholds: thresholds,
                migrations: migrations,
                temporary: temporary,
                logger: logger
            )
        } catch {
            throw SQLiteFailure.translate(error)
        }
    }

    /// Opens a database in a directory that goes when the engine is closed.
    static func temporary(
        configuration: HeddleStore.Configuration = HeddleStore.Configuration(),
        thresholds: SQLiteCheckpointer.Thresholds = SQLiteCheckpointer.Thresholds(),
        migrations: [Migration]
    ) throws -> SQLiteEngine {
        let directory = try TemporaryDirectory()
        return try open(
            directory: directory.path,
            configuration: configuration,
            thresholds: thresholds,
            migrations: migrations,
            temporary: directory,
            logger: Logger(label: "heddle.store") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    func read<T: Sendable>(
        _ consistency: ReadConsistency = .strong,
        _ body: @escaping @Sendable (ReadTransaction) throws -> T
    ) async throws -> T {
        try await readers.read(body)
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (WriteTransaction) throws -> T) async throws -> T {
        try await writer.write(body)
    }

    func reconfigure(_ change: (inout HeddleStore.Configuration) -> Void) { writer.reconfigure(change) }

    var statistics: StoreStatistics {
        var statistics = writer.statistics
        let reads = readers.counts
        statistics.waitingReads = reads.waiting
        statistics.reads = reads.finished
        checkpointer.report(into: &statistics)
        return statistics
    }

    func close() async {
        await writer.close()
        await readers.close()
        await checkpointer.close()
        do {
            try connection.close()
        } catch {
            logger.warning("closing the write connection failed", metadata: ["error": "\(error)"])
        }
        temporary?.remove()
    }

    /// Makes the file for its owner alone; SQLite gives the log and the shared memory the same mode.
    ///
    /// This happens before the first connection, because closing any descriptor of the file drops every lock that this
    /// process has on it.
    private static func createFile(
        _ path: String,
        in directory: String
    ) throws {
        let file = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        try file.setMode(0o600)
        try FileDescriptor.open(directory, O_RDONLY | O_DIRECTORY).sync()
    }
}

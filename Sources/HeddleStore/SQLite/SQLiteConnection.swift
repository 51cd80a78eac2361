import Dispatch
import GRDB
import GRDBSQLite
import Synchronization

/// One connection to the database file, with its prepared statements.
///
/// It is `@unchecked Sendable` because its variables are touched inside ``perform(_:)`` alone, and GRDB runs that on one
/// serial queue per connection.
final class SQLiteConnection: @unchecked Sendable {
    /// What a connection is for, which decides how it is opened.
    enum Role: Sendable {
        /// The one that writes; it waits long for a checkpoint to finish and never checkpoints by itself.
        case writer
        /// One of those that read; SQLite refuses it any write.
        case reader
        /// The one that moves the log into the file; it gives way soon.
        case checkpointer
    }

    /// More texts than this on one connection push out the oldest.
    static let statementCapacity = 512

    let role: Role
    /// Where the texts lie that a statement is given.
    let scratch = SQLiteScratch()
    private let database: DatabaseQueue
    /// The frames in the log after the last commit on this connection.
    private let frames = FrameCount()
    private var isClosed = false
    private var statements = StatementCache<SQLiteStatement>(capacity: SQLiteConnection.statementCapacity)

    /// Opens a connection and makes it durable.
    ///
    /// - Throws: an error of SQLite, or ``HeddleError`` when a pragma does not read as it was set.
    init(
        path: String,
        role: Role
    ) throws {
        self.role = role
        var configuration = GRDB.Configuration()
        configuration.readonly = role == .reader
        configuration.busyMode = .timeout(role == .checkpointer ? 0.2 : 10)
        configuration.label = "heddle.store.\(role)"
        database = try DatabaseQueue(path: path, configuration: configuration)
        // After GRDB is done with the connection, because it sets pragmas of its own.
        try database.writeWithoutTransaction { db in
            try SQLitePragmas.apply(to: db, role: role)
            frames.follow(db)
        }
    }

    /// The frames in the log after the last commit on this connection.
    var logFrames: Int {
        frames.value.load(ordering: .relaxed)
    }

    /// Runs a closure with the connection to itself; blocks until it is free.
    func perform<T>(_ body: (SQLiteSession) throws -> T) rethrows -> T {
        try database.writeWithoutTransaction { db in
            try body(SQLiteSession(database: db, connection: self))
        }
    }

    /// Closes the connection for good, after a last closure; does nothing the second time.
    func close(_ last: (SQLiteSession) -> Void = { _ in }) throws {
        let isFirst = perform { session in
            guard !isClosed else { return false }
            isClosed = true
            last(session)
            // GRDB refuses to close while statements live.
            statements.removeAll()
            return true
        }
        if isFirst {
            try database.close()
        }
    }
}

extension SQLiteConnection {
    /// The prepared statement of a portable text; only ``SQLiteSession`` calls it, inside ``perform(_:)``.
    func statement(
        for text: String,
        in database: Database
    ) throws -> SQLiteStatement {
        if let (entry, _) = statements.entry(for: text) {
            return entry
        }
        let sql = try PortableSQL(ofClosure: text)
        let statement = try database.makeStatement(sql: sql.sqlite)
        let entry = SQLiteStatement(
            sql: sql,
            statement: statement,
            layout: Row.Layout(names: statement.columnNames)
        )
        statements.insert(entry, for: text)
        return entry
    }

    /// How many prepared statements the connection keeps, for tests.
    var statementCount: Int {
        perform { _ in statements.count }
    }

    /// Drops a statement that failed: SQLite cannot bring it back to its start.
    func forget(_ text: String) {
        statements.remove(text)
    }
}

/// The size of the log as SQLite reports it after each commit: the file's own size never shrinks.
private final class FrameCount: Sendable {
    let value = Atomic<Int>(0)

    /// Starts following; this object has to outlive the connection.
    func follow(_ database: Database) {
        _ = sqlite3_wal_hook(
            database.sqliteConnection,
            { context, _, _, frames in
                guard let context else { return SQLITE_OK }
                let count = Unmanaged<FrameCount>.fromOpaque(context).takeUnretainedValue()
                count.value.store(Int(frames), ordering: .relaxed)
                return SQLITE_OK
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }
}

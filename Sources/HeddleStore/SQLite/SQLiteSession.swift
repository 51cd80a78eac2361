import GRDB
import HeddleModel

/// The writer or a reader while a closure has it.
final class SQLiteSession: StoreSession {
    let dialect = StoreDialect.sqlite
    let database: Database
    private let connection: SQLiteConnection
    /// Set while a closure of a write runs: the first error of a statement, which loses the transaction.
    private(set) var failure: (any Error)?
    /// Whether a closure has the session now.
    private var isLent = false

    init(
        database: Database,
        connection: SQLiteConnection
    ) {
        self.database = database
        self.connection = connection
    }

    /// Lends the session to a closure, and takes it back: a transaction that was kept does nothing afterwards.
    ///
    /// - Throws: what the closure throws; the error of a statement that failed, even when the closure swallowed it.
    func lend<T>(_ body: () throws -> T) throws -> T {
        failure = nil
        isLent = true
        defer { isLent = false }
        let result = try body()
        if let failure {
            throw failure
        }
        return result
    }

    func query(
        _ sql: String,
        _ arguments: [StoreValue]
    ) throws -> [Row] {
        try run(sql) { statement in
            try bind(arguments, to: statement)
            var rows: [Row] = []
            while try statement.step() {
                rows.append(Row(layout: statement.layout, values: statement.values))
            }
            return rows
        }
    }

    func execute(
        _ sql: String,
        _ arguments: [StoreValue]
    ) throws -> Int {
        try run(sql) { statement in
            try bind(arguments, to: statement)
            while try statement.step() {}
            return database.changesCount
        }
    }

    func execute(
        _ sql: String,
        forEach rows: [[StoreValue]]
    ) throws -> [Int] {
        guard !rows.isEmpty else { return [] }
        return try run(sql) { statement in
            try rows.map { arguments in
                try bind(arguments, to: statement)
                while try statement.step() {}
                statement.rewind()
                return database.changesCount
            }
        }
    }

    private func bind(_ arguments: [StoreValue], to statement: SQLiteStatement) throws {
        guard arguments.count == statement.sql.parameterCount else {
            throw HeddleError(.internalError, "a statement was given the wrong number of arguments")
        }
        try statement.bind(arguments, connection.scratch)
    }

    private func run<T>(
        _ sql: String,
        _ body: (SQLiteStatement) throws -> T
    ) throws -> T {
        guard isLent, database.isInsideTransaction else {
            throw failure ?? HeddleError(.internalError, "the transaction is over")
        }
        if let failure {
            throw failure
        }
        do {
            let entry = try connection.statement(for: sql, in: database)
            guard connection.role == .writer || entry.statement.isReadonly else {
                throw HeddleError(.internalError, "a read transaction cannot write")
            }
            // Also when binding fails half way: what is bound stays in memory otherwise.
            defer { entry.reset() }
            return try body(entry)
        } catch {
            connection.forget(sql)
            let translated = SQLiteFailure.translate(error)
            failure = translated
            throw translated
        }
    }
}

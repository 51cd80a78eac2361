import Foundation
import GRDB
import HeddleModel

/// The writer or a reader while a closure has it.
final class SQLiteSession: StoreSession {
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
        try run(sql, arguments) { entry, values in
            var rows: [Row] = []
            let cursor = try GRDB.Row.fetchCursor(entry.statement, arguments: values)
            while let row = try cursor.next() {
                rows.append(Row(layout: entry.layout, values: row.databaseValues.map(StoreValue.init)))
            }
            return rows
        }
    }

    func execute(
        _ sql: String,
        _ arguments: [StoreValue]
    ) throws -> Int {
        try run(sql, arguments) { entry, values in
            try entry.statement.execute(arguments: values)
            return database.changesCount
        }
    }

    private func run<T>(
        _ sql: String,
        _ arguments: [StoreValue],
        _ body: (SQLiteStatementCache.Entry, StatementArguments) throws -> T
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
            guard arguments.count == entry.sql.parameterCount else {
                throw HeddleError(.internalError, "a statement was given the wrong number of arguments")
            }
            return try body(entry, StatementArguments(try arguments.map { try $0.bound() }))
        } catch {
            connection.forget(sql)
            let translated = SQLiteFailure.translate(error)
            failure = translated
            throw translated
        }
    }
}

extension StoreValue {
    /// GRDB stops the process for a value SQLite is too small for, so it never gets one.
    private static let maximumBytes = 500_000_000

    /// The value as GRDB binds it.
    ///
    /// - Throws: ``HeddleError`` with `.invalidRequest` for what the engines cannot store alike.
    fileprivate func bound() throws(HeddleError) -> DatabaseValue {
        switch self {
        case .null:
            return .null
        case .integer(let integer):
            return integer.databaseValue
        case .real(let real):
            guard !real.isNaN else { throw HeddleError(.invalidRequest, "not-a-number cannot be stored") }
            return real.databaseValue
        case .text(let text):
            guard !text.utf8.contains(0) else {
                throw HeddleError(.invalidRequest, "text with the character U+0000 cannot be stored")
            }
            try Self.checkSize(text.utf8.count)
            return text.databaseValue
        case .blob(let bytes):
            try Self.checkSize(bytes.count)
            return Data(bytes).databaseValue
        }
    }

    private static func checkSize(_ count: Int) throws(HeddleError) {
        guard count <= maximumBytes else {
            throw HeddleError(
                .invalidRequest,
                "the value is too large to be stored",
                details: ["limit_bytes": String(maximumBytes)]
            )
        }
    }

    /// The value as GRDB read it.
    fileprivate init(_ value: DatabaseValue) {
        self =
            switch value.storage {
            case .null: .null
            case .int64(let integer): .integer(integer)
            case .double(let double): .real(double)
            case .string(let string): .text(string)
            case .blob(let data): .blob([UInt8](data))
            }
    }
}

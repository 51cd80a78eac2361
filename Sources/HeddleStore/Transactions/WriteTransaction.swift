/// A transaction that may change the database, for the duration of one closure.
///
/// It reads like a ``ReadTransaction``, its own changes included, and can be handed to whoever asks for one.
package final class WriteTransaction: ReadTransaction {
    /// Runs a statement and returns how many rows it inserted, updated or deleted.
    ///
    /// - Throws: ``StoreConstraintViolation`` or ``HeddleError``. The transaction is lost then.
    @discardableResult
    package func execute(
        _ sql: String,
        _ arguments: [StoreValue] = []
    ) throws -> Int {
        try change(sql, arguments)
    }

    /// Runs a statement once for each row of arguments, and returns how many rows each time inserted, updated or deleted.
    ///
    /// The embedded engine looks the statement up once for all of them, and keeps less to undo than for one statement of
    /// many rows. The other one has an answer to wait for each time: give it many rows at once.
    ///
    /// - Throws: ``StoreConstraintViolation`` or ``HeddleError``. The transaction is lost then.
    @discardableResult
    package func execute(
        _ sql: String,
        forEach rows: [[StoreValue]]
    ) throws -> [Int] {
        try change(sql, forEach: rows)
    }

    /// Runs a `SELECT` over one table and keeps everybody else from changing its rows until the transaction ends.
    ///
    /// The store is right without it: of two writes that cannot both have happened alone, one runs again. On PostgreSQL
    /// that is so with it, too: who waited for a row that was changed meanwhile runs again from its start. What it spares is
    /// the work behind it, which would have been done in vain.
    ///
    /// - Throws: ``StoreConstraintViolation`` or ``HeddleError``. The transaction is lost then.
    package func lock(
        _ sql: String,
        _ arguments: [StoreValue] = []
    ) throws -> [Row] {
        switch dialect {
        // There is one writer.
        case .sqlite: try query(sql, arguments)
        case .postgres: try query(sql + " FOR UPDATE", arguments)
        }
    }
}

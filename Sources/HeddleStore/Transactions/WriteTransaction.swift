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
}

import GRDB

/// The transaction statements, which only the store itself runs.
extension SQLiteSession {
    /// Takes the lock for writing at once, so that no transaction fails half way for want of it.
    func beginWriting() throws {
        try control("BEGIN IMMEDIATE")
    }

    func beginReading() throws {
        try control("BEGIN DEFERRED")
    }

    /// Makes the transaction durable; returns after the log was synced.
    func commit() throws {
        try control("COMMIT")
    }

    /// Ends a transaction without a trace, if SQLite has not done so itself.
    func abandon() {
        guard database.isInsideTransaction else { return }
        // When even this fails SQLite has ended the transaction, or the next BEGIN says what is wrong.
        try? control("ROLLBACK")
    }

    var isInsideTransaction: Bool {
        database.isInsideTransaction
    }

    /// Counts the rows that were changed on this connection, those of triggers among them.
    var changes: Int { database.totalChangesCount }

    func markMember() throws {
        try control("SAVEPOINT heddle_member")
    }

    func keepMember() throws {
        try control("RELEASE heddle_member")
    }

    func undoMember() throws {
        try control("ROLLBACK TO heddle_member")
        try control("RELEASE heddle_member")
    }

    private func control(_ sql: String) throws {
        try database.cachedStatement(sql: sql).execute()
    }
}

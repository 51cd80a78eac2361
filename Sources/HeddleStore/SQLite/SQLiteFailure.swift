import GRDB
import HeddleModel

/// What an error of SQLite means above the engine.
enum SQLiteFailure {
    /// Turns an error of SQLite into the store's own and leaves others, such as a closure's, as they are.
    static func translate(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        if error.resultCode == .SQLITE_CONSTRAINT {
            return constraint(error)
        }
        if isDiskFull(error) {
            return HeddleError(.storageFull, "the disk of the store is full", cause: error)
        }
        return HeddleError(.internalError, "the store failed", cause: error)
    }

    /// Whether SQLite says so itself, or could not grow its log or its shared memory.
    private static func isDiskFull(_ error: DatabaseError) -> Bool {
        error.resultCode == .SQLITE_FULL || error.extendedResultCode == .SQLITE_IOERR_SHMSIZE
    }

    private static func constraint(_ error: DatabaseError) -> StoreConstraintViolation {
        let kind: StoreConstraintViolation.Kind
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID:
            kind = .unique
        case .SQLITE_CONSTRAINT_FOREIGNKEY:
            kind = .foreignKey
        case .SQLITE_CONSTRAINT_NOTNULL:
            kind = .notNull
        case _:
            // CHECK, the type of a STRICT column, a trigger that raised.
            kind = .check
        }
        return StoreConstraintViolation(kind: kind, table: table(in: error, of: kind))
    }

    /// Reads `UNIQUE constraint failed: plan.name, plan.tenant_id`.
    private static func table(
        in error: DatabaseError,
        of kind: StoreConstraintViolation.Kind
    ) -> String? {
        switch kind {
        case .foreignKey, .check:
            return nil
        case .unique, .notNull:
            guard let message = error.message, let colon = message.firstRange(of: ": ") else { return nil }
            let column = message[colon.upperBound...]
            // A unique index on an expression is named instead of its columns: "index 'plan_name'".
            guard let dot = column.firstIndex(of: "."), !column.hasPrefix("index ") else { return nil }
            return String(column[..<dot])
        }
    }
}

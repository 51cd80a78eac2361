import GRDB
import HeddleModel

/// The settings every connection has, set after it was opened and read back.
enum SQLitePragmas {
    /// A setting that does not read as it was set; only logs see it.
    struct Mismatch: Error {
        let pragma: String
        let expected: String
        let found: String
    }

    /// Sets the pragmas of a role.
    ///
    /// - Throws: an error of SQLite; ``HeddleError`` with `.internalError` when one of them reads otherwise.
    static func apply(
        to db: Database,
        role: SQLiteConnection.Role
    ) throws {
        if role == .writer {
            try set("journal_mode", "WAL", reads: "wal", in: db)
        } else {
            try assert("journal_mode", reads: "wal", in: db)
        }
        // 2 is FULL: the log is synced before a commit returns. GRDB and SQLite would be content with less.
        try set("synchronous", "FULL", reads: "2", in: db)
        try set("foreign_keys", "ON", reads: "1", in: db)
        // A checkpoint on the writer would make everybody wait for it; SQLiteCheckpointer has a connection of its own.
        try set("wal_autocheckpoint", "0", reads: "0", in: db)
        if role == .writer {
            // 2 is MEMORY: what a statement may have to undo is kept there and not in a file that is written each time.
            try set("temp_store", "MEMORY", reads: "2", in: db)
            // In KB: pages that a large group changes are not written to the log before its end.
            try set("cache_size", "-16384", reads: "-16384", in: db)
        }
        // Portable: PostgreSQL minds the case. There is nothing to read back.
        try db.execute(sql: "PRAGMA case_sensitive_like = ON")
    }

    /// Sets one pragma and reads it back.
    static func set(
        _ pragma: String,
        _ value: String,
        reads expected: String,
        in db: Database
    ) throws {
        _ = try GRDB.Row.fetchAll(db, sql: "PRAGMA \(pragma) = \(value)")
        try assert(pragma, reads: expected, in: db)
    }

    /// The value of a pragma as text.
    static func read(
        _ pragma: String,
        in db: Database
    ) throws -> String {
        let row = try GRDB.Row.fetchOne(db, sql: "PRAGMA \(pragma)")
        guard let value = row?.databaseValues.first else { return "" }
        return switch value.storage {
        case .null: ""
        case .int64(let integer): String(integer)
        case .double(let double): String(double)
        case .string(let string): string
        case .blob: ""
        }
    }

    private static func assert(
        _ pragma: String,
        reads expected: String,
        in db: Database
    ) throws {
        let found = try read(pragma, in: db)
        guard found == expected else {
            throw HeddleError(
                .internalError,
                "the store cannot be opened durably",
                cause: Mismatch(pragma: pragma, expected: expected, found: found)
            )
        }
    }
}

extension SQLiteConnection {
    /// The value of a pragma as text, for tests.
    func pragma(_ name: String) throws -> String {
        try perform { try SQLitePragmas.read(name, in: $0.database) }
    }

    /// Makes the disk look full beyond so many pages more than now, for tests.
    func limitGrowth(toPages pages: Int) throws {
        let count = Int(try pragma("page_count")) ?? 0
        let limit = String(count + pages)
        try perform { try SQLitePragmas.set("max_page_count", limit, reads: limit, in: $0.database) }
    }
}

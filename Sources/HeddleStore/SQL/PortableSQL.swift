import HeddleModel

/// A statement in the subset of SQL that both engines read alike, checked and made ready for SQLite.
///
/// SQLite takes `$1` for a *name* and numbers names by their first appearance, so that `$2, $1` would be bound the
/// wrong way round. `?1` means the first argument wherever it stands.
struct PortableSQL: Sendable, Hashable {
    /// The text for SQLite, with `?n` for `$n`.
    let sqlite: String
    /// How many arguments the statement takes.
    let parameterCount: Int
    /// The first word in upper case, such as `SELECT`.
    let keyword: String

    /// Reads a statement.
    ///
    /// - Throws: ``PortableSQLFault`` for what the engines would read differently.
    init(_ text: String) throws(PortableSQLFault) {
        var scanner = PortableSQLScanner(text)
        try scanner.scan()
        sqlite = scanner.rewritten
        parameterCount = try scanner.parameterCount()
        keyword = scanner.keyword
    }

    /// Reads a statement that a closure gave.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when it is not portable, or belongs to the store.
    init(ofClosure text: String) throws(HeddleError) {
        do {
            try self.init(text)
        } catch {
            throw HeddleError(.internalError, "the store was given a statement that is not portable", cause: error)
        }
        guard !isReserved else {
            throw HeddleError(.internalError, "the store was given a statement that only the store itself may run")
        }
    }

    /// Whether the statement belongs to the store and not to a closure.
    var isReserved: Bool {
        Self.reserved.contains(keyword)
    }

    /// Transaction control would break the group's transaction, schema belongs to migrations, and the rest is one
    /// engine's own.
    private static let reserved: Set<String> = [
        "ABORT", "ALTER", "ANALYZE", "ATTACH", "BEGIN", "CALL", "COMMIT", "COPY", "CREATE", "DEALLOCATE", "DETACH",
        "DISCARD", "DO", "DROP", "END", "EXECUTE", "GRANT", "LISTEN", "LOCK", "NOTIFY", "PRAGMA", "PREPARE", "REINDEX",
        "RELEASE", "RESET", "REVOKE", "ROLLBACK", "SAVEPOINT", "SET", "START", "TRUNCATE", "UNLISTEN", "VACUUM",
    ]
}

/// What makes a statement unportable; only logs see it.
enum PortableSQLFault: Error, Hashable {
    /// The text has no statement.
    case empty
    /// A quote or a comment is never closed.
    case unterminated
    /// PostgreSQL nests block comments and SQLite does not, so the two would end this one at different places.
    case nestedComment
    /// A character only one engine knows outside of quotes: `?`, `[`, a back quote, `:name`, `@name`, `$name`.
    case unportable(Character)
    /// `$0`, or a number no engine takes.
    case placeholderOutOfRange
    /// The number is never used though a higher one is; PostgreSQL could not tell its type.
    case unusedPlaceholder(Int)
}

/// One snapshot of the database, for the duration of one closure.
///
/// SQL is the portable subset that both engines read alike:
/// - placeholders are `$1`, `$2`, …, in any order and as often as needed, with no gaps;
/// - one statement at a time; no transaction control, no schema changes, no pragmas;
/// - `ORDER BY` over what may be null says `NULLS FIRST` or `NULLS LAST`;
/// - `LIKE` minds the case and says `ESCAPE '\'`;
/// - text sorts by its bytes;
/// - a value takes part as what it is, an integer of 64 bits, a real number, text or bytes: what else a column of
///   PostgreSQL may be says `CAST($1 AS …)`, with `INTEGER`, `BIGINT` or `TEXT` on both engines and `JSONB` or `UUID`
///   on PostgreSQL alone; a condition is a comparison (`$1 = 1`), never a lone integer.
package class ReadTransaction {
    private let session: any StoreSession

    init(session: any StoreSession) {
        self.session = session
    }

    /// Which engine answers, for the rare statement whose text has to differ.
    package final var dialect: StoreDialect {
        session.dialect
    }

    /// Runs a statement and returns all rows of its answer.
    ///
    /// In a ``WriteTransaction`` the statement may be an `INSERT … RETURNING` and the like.
    ///
    /// - Throws: ``StoreConstraintViolation`` or ``HeddleError``.
    package final func query(
        _ sql: String,
        _ arguments: [StoreValue] = []
    ) throws -> [Row] {
        try session.query(sql, arguments)
    }

    /// Runs a statement and returns the first row of its answer, or nil when there is none.
    ///
    /// - Throws: ``StoreConstraintViolation`` or ``HeddleError``.
    package final func first(
        _ sql: String,
        _ arguments: [StoreValue] = []
    ) throws -> Row? {
        try session.query(sql, arguments).first
    }

    /// Runs a statement without an answer; only a ``WriteTransaction`` shows it.
    final func change(
        _ sql: String,
        _ arguments: [StoreValue]
    ) throws -> Int {
        try session.execute(sql, arguments)
    }

    /// Runs a statement without an answer again and again; only a ``WriteTransaction`` shows it.
    final func change(
        _ sql: String,
        forEach rows: [[StoreValue]]
    ) throws -> [Int] {
        try session.execute(sql, forEach: rows)
    }
}

/// What a server tells of its settings and of the tables of one database.
struct PostgresCatalogue {
    let connection: PostgresConnection

    /// Whether acknowledged writes are kept, text is what the store expects, and indexes and constraints hold.
    ///
    /// - Throws: ``PostgresFailure``.
    func findings() throws(PostgresFailure) -> [StoreFinding] {
        let settings = try PostgresUpkeep.rows(
            """
            SELECT name, current_setting(name) FROM unnest(ARRAY['fsync', 'full_page_writes', 'synchronous_commit',
                'server_encoding']) AS name
            """,
            connection
        )
        let expected = [
            "fsync": ["on"], "full_page_writes": ["on"], "synchronous_commit": ["on", "remote_apply"],
            "server_encoding": ["UTF8"],
        ]
        let wrong = settings.filter { expected[$0[0]]?.contains($0[1]) != true }.map { "\($0[0]) is \($0[1])" }
        return [
            StoreFinding(
                "durability",
                wrong: wrong.filter { !$0.hasPrefix("server_encoding") },
                otherwise: "fsync, full_page_writes and synchronous_commit are on"
            ),
            StoreFinding("encoding", wrong: wrong.filter { $0.hasPrefix("server_encoding") }, otherwise: "UTF8"),
            StoreFinding(
                "collations",
                wrong: try PostgresOpening.unsortedColumns(on: connection)
                    .map { "\($0.table) (\($0.columns)) does not sort by its bytes" },
                otherwise: "all text sorts by its bytes"
            ),
            StoreFinding("indexes", wrong: try names(Self.invalidIndexes), otherwise: "all are valid"),
            StoreFinding("constraints", wrong: try names(Self.openConstraints), otherwise: "all are validated"),
        ]
    }

    private static let invalidIndexes = """
        SELECT index_class.relname || ' of ' || table_class.relname || ' is not valid'
        FROM pg_index
        JOIN pg_class index_class ON index_class.oid = indexrelid
        JOIN pg_class table_class ON table_class.oid = indrelid
        JOIN pg_namespace space ON space.oid = table_class.relnamespace AND space.nspname = current_schema()
        WHERE NOT (indisvalid AND indisready) ORDER BY 1 LIMIT 20
        """
    private static let openConstraints = """
        SELECT conname || ' of ' || relname || ' is not validated'
        FROM pg_constraint
        JOIN pg_class ON pg_class.oid = conrelid
        JOIN pg_namespace space ON space.oid = relnamespace AND space.nspname = current_schema()
        WHERE NOT convalidated ORDER BY 1 LIMIT 20
        """

    private func names(_ sql: String) throws(PostgresFailure) -> [String] {
        try PostgresUpkeep.rows(sql, connection).compactMap(\.first)
    }
}

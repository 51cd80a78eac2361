import CPostgres
import Glibc
import HeddleModel
import Logging

/// What is done with a database of a server from beside the servers that use it.
struct PostgresUpkeep {
    let address: PostgresAddress
    let limits: HeddleStore.Configuration.Database
    private let logger = Logger(label: "heddle.store.upkeep") { _ in SwiftLogNoOpLogHandler() }
    /// Looking at everything takes longer than what a request asks for.
    private static let patience = Duration.seconds(600)

    /// Reads the URL.
    ///
    /// - Throws: ``HeddleError`` with `.invalidConfiguration`.
    init(_ url: String, _ configuration: HeddleStore.Configuration) throws(HeddleError) {
        limits = configuration.database
        address = try PostgresAddress(url: url, password: limits.password, needsPrimary: true)
    }

    /// One connection, while a closure has it.
    ///
    /// - Throws: ``HeddleError`` with `.databaseUnavailable`, and what the closure throws.
    func connected<Value>(
        to address: PostgresAddress? = nil,
        _ body: (PostgresConnection) throws -> Value
    ) throws -> Value {
        let connection = try PostgresOpening.connect(address ?? self.address, limits: limits, logger: logger)
        defer { connection.close() }
        do {
            return try body(connection)
        } catch let failure as PostgresFailure {
            throw failure.translated(isWrite: false)
        }
    }

    /// The rows that a statement answers with, as text.
    static func rows(_ sql: String, _ connection: PostgresConnection) throws(PostgresFailure) -> [[String]] {
        let result = try PostgresAnswers.run(sql, on: connection.handle, deadline: .now + patience)
        guard let result else { return [] }
        return (0..<result.rowCount)
            .map { row in (0..<result.columnCount).map { result.text(row, $0) ?? "" } }
    }

    /// What the database has of the migrations; nil when it is none of Heddle.
    static func records(_ connection: PostgresConnection) throws(PostgresFailure) -> [MigrationHistory.Record]? {
        guard try rows("SELECT to_regclass('heddle_migration') IS NOT NULL", connection) == [["t"]] else { return nil }
        return try rows("SELECT name, checksum FROM heddle_migration ORDER BY position", connection)
            .map { MigrationHistory.Record(name: $0[0], checksum: $0[1]) }
    }

    private static var library: String {
        let number = Int(PQlibVersion())
        return "libpq \(number / 10_000).\(number % 10_000)"
    }

    // MARK: Looking

    /// What the database is and has.
    func status(_ migrations: [Migration]) throws -> StoreReport {
        try connected { connection in
            let row =
                try Self.rows(
                    """
                    SELECT split_part(current_setting('server_version'), ' ', 1), pg_database_size(current_database()),
                        (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \(Self.isHeddle)),
                        current_setting('max_connections'), pg_postmaster_start_time(),
                        (SELECT count(*) FROM pg_stat_replication),
                        COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)
                    """,
                    connection
                )
                .first
            guard let row else { throw PostgresFailure(kind: .lost, message: "no answer") }
            return StoreReport(
                version: "PostgreSQL \(row[0])",
                library: Self.library,
                bytes: Int(row[1]) ?? 0,
                migrations: MigrationHistory.steps(try Self.records(connection) ?? [], migrations),
                facts: [
                    .init("connections_of_heddle", row[2]), .init("connections_maximum", row[3]),
                    .init("pool_minimum", String(limits.minimumConnections)),
                    .init("pool_maximum", String(limits.maximumConnections)),
                    .init("started_at", row[4]), .init("streaming_replicas", row[5]),
                    .init("encrypted", row[6] == "t" ? "true" : "false"),
                ]
            )
        }
    }

    /// The other connections of Heddle to the database, as a condition on `pg_stat_activity`.
    private static let isHeddle = """
        application_name = current_setting('application_name') AND pid <> pg_backend_pid()
        """

    /// Looks at the server's settings, at the catalogue, and at the replicas.
    func check(_ migrations: [Migration]) throws -> [StoreFinding] {
        try connected { connection in
            [StoreFinding("connection", true, address.place)]
                + (try PostgresCatalogue(connection: connection).findings())
                + [MigrationHistory.finding(try Self.records(connection) ?? [], migrations, for: .postgres)]
                + (try replicas(connection))
        }
    }

    private func replicas(_ primary: PostgresConnection) throws -> [StoreFinding] {
        try limits.replicas.map { url in
            let address = try PostgresAddress(
                url: url,
                password: limits.password,
                needsPrimary: false,
                setting: "database.replicas"
            )
            let name = "replica \(address.place)"
            let position = try Self.rows("SELECT pg_current_wal_lsn()", primary).first?.first ?? ""
            do {
                return try connected(to: address) { connection in
                    let row =
                        try Self.rows(
                            """
                            SELECT pg_is_in_recovery(),
                                pg_wal_lsn_diff('\(position)', COALESCE(pg_last_wal_replay_lsn(), '0/0')),
                                pg_is_in_recovery() AND pg_is_wal_replay_paused()
                            """,
                            connection
                        )
                        .first
                    guard let row, row[0] == "t" else { return StoreFinding(name, false, "is no replica") }
                    guard row[2] == "f" else { return StoreFinding(name, false, "its replay is paused") }
                    let behind = max(0, Int(row[1]) ?? 0)
                    return StoreFinding(name, behind < 16 << 20, "\(behind) bytes of log behind")
                }
            } catch let error as HeddleError {
                return StoreFinding(name, false, error.message)
            }
        }
    }

    // MARK: Backup

    /// Writes PostgreSQL's own archive of one snapshot.
    func backup(to file: String) throws {
        // What cannot be connected to is told in our words.
        let isHeddles = try connected { try Self.records($0) != nil }
        guard isHeddles else {
            throw HeddleError(.invalidRequest, "\(address.place) is no database of Heddle")
        }
        try PostgresTool.dump.run(["--format=custom", "--file=\(file)"], on: address)
    }

    /// Puts an archive in the place of everything that the database has, in one transaction.
    func restore(from file: String, _ migrations: [Migration]) throws {
        try requireBackup(file, migrations)
        try connected { connection in
            // A server that starts meanwhile waits for this connection to end.
            _ = try Self.rows("SELECT pg_advisory_lock(\(PostgresMigrator.lock))", connection)
            let others = try Self.rows(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \(Self.isHeddle)",
                connection
            )
            guard others == [["0"]] else {
                throw HeddleError(
                    .databaseUnavailable,
                    "a server uses the database (\(others.first?.first ?? "") connections): stop it first",
                    details: ["place": address.place]
                )
            }
            try replaceEverything(by: file)
        }
    }

    /// Empties the schema and fills it again, in one transaction.
    ///
    /// `pg_restore --clean` would leave tables of later migrations behind, and cannot drop the keys of partitions.
    private func replaceEverything(by file: String) throws {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let script = try BackupFile("\(folder)/heddle-restore.sql", isReplacing: true)
        defer { script.discard() }
        try PostgresTool.restore.run(["--no-owner", "--file=\(script.draft)", file], on: nil)
        try PostgresTool.shell.run(
            [
                "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--command=\(Self.emptying)",
                "--file=\(script.draft)",
            ],
            on: address
        )
    }

    /// Drops the tables and functions of the schema but those of PostgreSQL's extensions.
    private static let emptying = """
        SET client_min_messages = warning;
        DO $$ DECLARE line TEXT; BEGIN
            -- All names are read before the first of them goes.
            FOREACH line IN ARRAY COALESCE((SELECT array_agg(text) FROM (
                SELECT format('DROP TABLE IF EXISTS %s CASCADE', oid::regclass) AS text FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT EXISTS (
                    SELECT FROM pg_depend
                    WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
                UNION ALL
                SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure) FROM pg_proc
                WHERE pronamespace = current_schema()::regnamespace AND NOT EXISTS (
                    SELECT FROM pg_depend
                    WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
            ) AS objects), '{}')
            LOOP EXECUTE line; END LOOP;
        END $$;
        """

    /// - Throws: ``HeddleError`` with `.pathNotReadable`, `.commandNotFound`, or `.invalidRequest` when the file is no
    ///   archive of this Heddle or an earlier one.
    private func requireBackup(_ file: String, _ migrations: [Migration]) throws {
        guard access(file, R_OK) == 0 else {
            throw HeddleError(.pathNotReadable, "there is no file to be read at \(file)", details: ["path": file])
        }
        let text: String
        do throws(HeddleError) {
            text = try PostgresTool.restore.run(["--data-only", "--table=heddle_migration", "--file=-", file], on: nil)
        } catch {
            guard error.code != .commandNotFound else { throw error }
            throw HeddleError(
                .invalidRequest,
                "\(file) is no archive of pg_dump",
                details: ["path": file],
                cause: error
            )
        }
        let records = Self.copied(text)
        guard !records.isEmpty else {
            throw HeddleError(.invalidRequest, "\(file) is no database of Heddle", details: ["path": file])
        }
        do throws(HeddleError) {
            try MigrationHistory.check(records, against: migrations, for: .postgres)
        } catch {
            throw HeddleError(
                .invalidRequest,
                "\(file) is no database that this Heddle can use: \(error.message)",
                details: ["path": file],
                cause: error
            )
        }
    }

    /// The rows of `heddle_migration` in what `pg_restore` writes: between COPY and a line with `\.`, with tabs.
    private static func copied(_ text: String) -> [MigrationHistory.Record] {
        let lines = text.split(separator: "\n").drop { !$0.hasPrefix("COPY ") }.dropFirst()
        var rows: [(position: Int, record: MigrationHistory.Record)] = []
        for line in lines.prefix(while: { $0 != "\\." }) {
            let columns = line.split(separator: "\t").map(String.init)
            guard columns.count == 3, let position = Int(columns[0]) else { continue }
            rows.append((position, MigrationHistory.Record(name: columns[1], checksum: columns[2])))
        }
        return rows.sorted { $0.position < $1.position }.map(\.record)
    }
}

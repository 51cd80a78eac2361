import GRDB
import Glibc
import HeddleModel

/// What is done with a database file from beside a server, which may be running.
struct SQLiteUpkeep {
    let directory: String

    private var path: String { "\(directory)/\(SQLiteEngine.fileName)" }

    /// Reads with a connection that cannot write.
    private static func read<Value>(_ path: String, _ body: (Database) throws -> Value) throws -> Value {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        configuration.label = "heddle.store.upkeep"
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.writeWithoutTransaction(body)
        } catch {
            throw SQLiteFailure.translate(error)
        }
    }

    private static func records(_ db: Database) throws -> [MigrationHistory.Record]? {
        guard try db.tableExists("heddle_migration") else { return nil }
        return try GRDB.Row.fetchAll(db, sql: "SELECT name, checksum FROM heddle_migration ORDER BY position")
            .map { MigrationHistory.Record(name: $0["name"], checksum: $0["checksum"]) }
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    private static func version(_ db: Database) throws -> String {
        "SQLite \(try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "")"
    }

    // MARK: Looking

    /// What the file is and has; a file that is missing has nothing.
    func status(_ migrations: [Migration]) throws -> StoreReport {
        guard access(path, F_OK) == 0 else {
            return StoreReport(
                version: try DatabaseQueue().writeWithoutTransaction(Self.version),
                library: nil,
                bytes: 0,
                migrations: MigrationHistory.steps([], migrations),
                facts: [.init("file", "is made by the first server")]
            )
        }
        return try Self.read(path) { db in
            StoreReport(
                version: try Self.version(db),
                library: nil,
                bytes: Self.size(of: path),
                migrations: MigrationHistory.steps(try Self.records(db) ?? [], migrations),
                facts: [
                    .init("journal_mode", try SQLitePragmas.read("journal_mode", in: db)),
                    .init("journal_bytes", String(Self.size(of: "\(path)-wal"))),
                    .init("page_size_bytes", try SQLitePragmas.read("page_size", in: db)),
                    .init("pages", try SQLitePragmas.read("page_count", in: db)),
                    .init("free_pages", try SQLitePragmas.read("freelist_count", in: db)),
                ]
            )
        }
    }

    /// Looks at every page of the file and every reference in it.
    func check(_ migrations: [Migration]) throws -> [StoreFinding] {
        guard access(path, F_OK) == 0 else { return [StoreFinding("file", false, "there is none at \(path)")] }
        return try Self.read(path) { db in try Self.findings(db, migrations) }
    }

    private static func findings(_ db: Database, _ migrations: [Migration]) throws -> [StoreFinding] {
        let integrity = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
        let broken = try GRDB.Row.fetchAll(db, sql: "PRAGMA foreign_key_check").prefix(20)
            .map { row in
                "a row of \(row["table"] as String? ?? "") refers to none of \(row["parent"] as String? ?? "")"
            }
        return [
            StoreFinding("integrity", wrong: integrity, otherwise: "every page is as it should be"),
            StoreFinding("foreign keys", wrong: Array(broken), otherwise: "every reference has its row"),
            MigrationHistory.finding(try records(db) ?? [], migrations, for: .sqlite),
        ]
    }

    // MARK: Backup

    /// Writes one snapshot into an empty file; writers go on meanwhile.
    func backup(to file: String) throws {
        guard access(path, F_OK) == 0 else {
            throw HeddleError(.pathNotReadable, "there is no database at \(path)", details: ["path": path])
        }
        try Self.read(path) { db in
            try db.execute(sql: "VACUUM INTO ?", arguments: [file])
        }
    }

    /// Puts a backup in the place of the file; the caller has the data directory's lock.
    ///
    /// After a power cut there is the old database or the new one.
    func restore(from file: String, _ migrations: [Migration]) throws {
        try Self.requireBackup(file, migrations)
        guard Self.identity(of: file) == nil || Self.identity(of: file) != Self.identity(of: path) else {
            throw HeddleError(.invalidRequest, "the backup is the database itself", details: ["path": file])
        }
        let draft = try BackupFile(path, isReplacing: true)
        do {
            try Self.copy(file, to: draft.draft)
            try setAside()
            _ = try draft.finish()
        } catch {
            draft.discard()
            throw error
        }
        for suffix in ["", "-wal", "-shm"] { unlink("\(path).old\(suffix)") }
    }

    /// Keeps the old file under another name too, whole and without a log that would be taken for the new one's.
    private func setAside() throws {
        guard access(path, F_OK) == 0 else { return }
        for suffix in ["", "-wal", "-shm"] { unlink("\(path).old\(suffix)") }
        // The last connection that is closed brings the log into the file and removes it. One that cannot, because
        // the file is damaged, leaves it to lie beside the old file.
        _ = try? SQLiteConnection(path: path, role: .writer).close()
        for suffix in ["-wal", "-shm"] where access(path + suffix, F_OK) == 0 {
            guard rename(path + suffix, "\(path).old\(suffix)") == 0 else {
                throw FileDescriptor.failure("rename", path + suffix)
            }
        }
        guard link(path, "\(path).old") == 0 else { throw FileDescriptor.failure("link", path) }
        try FileDescriptor.open(directory, O_RDONLY | O_DIRECTORY).sync()
    }

    /// - Throws: ``HeddleError`` with `.pathNotReadable`, or `.invalidRequest` when the file is no sound database of this
    ///   Heddle or an earlier one.
    private static func requireBackup(_ file: String, _ migrations: [Migration]) throws {
        guard access(file, R_OK) == 0 else {
            throw HeddleError(.pathNotReadable, "there is no file to be read at \(file)", details: ["path": file])
        }
        do {
            try read(file) { db in
                guard let records = try records(db), !records.isEmpty else {
                    throw HeddleError(.invalidRequest, "\(file) is no database of Heddle", details: ["path": file])
                }
                try MigrationHistory.check(records, against: migrations, for: .sqlite)
                let wrong = try findings(db, Array(migrations.prefix(records.count))).filter { !$0.isFine }
                guard wrong.isEmpty else {
                    throw HeddleError(
                        .invalidRequest,
                        "\(file) is damaged: \(wrong.map(\.detail).joined(separator: "; "))",
                        details: ["path": file]
                    )
                }
            }
        } catch let error as HeddleError where error.code != .invalidRequest {
            let reason = error.cause is DatabaseError ? "it cannot be read" : error.message
            throw HeddleError(
                .invalidRequest,
                "\(file) is no database that this Heddle can use: \(reason)",
                details: ["path": file],
                cause: error
            )
        }
    }

    private static func copy(_ file: String, to draft: String) throws(HeddleError) {
        let source = try FileDescriptor.open(file, O_RDONLY)
        let target = try FileDescriptor.open(draft, O_WRONLY)
        while true {
            let count = sendfile(target.raw, source.raw, nil, 1 << 24)
            if count == 0 { return }
            guard count > 0 || errno == EINTR else { throw FileDescriptor.failure("sendfile", draft) }
        }
    }

    private static func identity(of path: String) -> [UInt64]? {
        var status = stat()
        return stat(path, &status) == 0 ? [UInt64(status.st_dev), UInt64(status.st_ino)] : nil
    }
}

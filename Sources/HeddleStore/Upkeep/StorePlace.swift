import HeddleModel
package import Logging

/// Where a database is, for what people do with it while no store of this process has it open.
package enum StorePlace: Sendable {
    /// SQLite in a data directory.
    case directory(String)
    /// A database of a PostgreSQL server.
    case server(url: String, HeddleStore.Configuration)

    /// The name of the engine on the wire.
    package var engine: String {
        switch self {
        case .directory: "sqlite"
        case .server: "postgresql"
        }
    }

    /// Where it is, for people: the path of the file, or host, port and database without user and password.
    package var name: String {
        switch self {
        case .directory(let path):
            return "\(path)/\(SQLiteEngine.fileName)"
        case .server(let url, let configuration):
            let address = try? PostgresAddress(url: url, password: configuration.database.password, needsPrimary: true)
            return address?.place ?? ""
        }
    }

    /// What the database is and has; nothing is changed.
    ///
    /// - Throws: ``HeddleError`` with `.databaseUnavailable`, `.invalidConfiguration`, or `.internalError` when it cannot
    ///   be read.
    package func status(migrations: [Migration]) async throws -> StoreReport {
        switch self {
        case .directory(let path):
            try await StoreThread.run { try SQLiteUpkeep(directory: path).status(migrations) }
        case .server(let url, let configuration):
            try await StoreThread.run { try PostgresUpkeep(url, configuration).status(migrations) }
        }
    }

    /// Looks for what is wrong with the database; nothing is changed.
    ///
    /// - Throws: as ``status(migrations:)``.
    package func check(migrations: [Migration]) async throws -> [StoreFinding] {
        switch self {
        case .directory(let path):
            try await StoreThread.run { try SQLiteUpkeep(directory: path).check(migrations) }
        case .server(let url, let configuration):
            try await StoreThread.run { try PostgresUpkeep(url, configuration).check(migrations) }
        }
    }

    /// Brings the schema up to the list, as the start of a server does.
    ///
    /// - Returns: The names of the migrations that were missing.
    /// - Throws: as `HeddleStore.open`; ``HeddleError`` with `.dataDirectoryLocked` while a server has the data directory.
    package func migrate(
        _ migrations: [Migration],
        logger: Logger
    ) async throws -> [String] {
        switch self {
        case .directory(let path):
            let directory = try DataDirectory.open(path: path)
            let missing = try await status(migrations: migrations).missing
            let store = try HeddleStore.open(directory: directory.path, migrations: migrations, logger: logger)
            await store.close()
            return missing
        case .server(let url, let configuration):
            let missing = try await status(migrations: migrations).missing
            let store = try await HeddleStore.open(
                url: url,
                configuration: configuration,
                migrations: migrations,
                logger: logger
            )
            await store.close()
            return missing
        }
    }

    /// Writes the whole database, as it is at one moment, into a file that only its owner can read; servers go on.
    ///
    /// The file is whole or not there: it is written beside its place and put there when the disk has it.
    ///
    /// - Returns: The size of the file in bytes.
    /// - Throws: ``HeddleError`` with `.invalidRequest` when there is a file and it is not to be replaced,
    ///   `.commandNotFound` when PostgreSQL's programs are missing, `.storageFull`, `.databaseUnavailable`.
    @discardableResult
    package func backup(
        to file: String,
        replacing: Bool
    ) async throws -> Int {
        let draft = try BackupFile(file, isReplacing: replacing)
        return try await StoreThread.run {
            do {
                switch self {
                case .directory(let path):
                    try SQLiteUpkeep(directory: path).backup(to: draft.draft)
                case .server(let url, let configuration):
                    try PostgresUpkeep(url, configuration).backup(to: draft.draft)
                }
                return try draft.finish()
            } catch {
                draft.discard()
                throw error
            }
        }
    }

    /// Puts the contents of a backup in the place of everything that the database has.
    ///
    /// - Throws: ``HeddleError`` with `.invalidRequest` when the file is no backup of a Heddle, or of a newer one,
    ///   `.dataDirectoryLocked` or `.databaseUnavailable` while a server uses the database, `.commandNotFound`,
    ///   `.storageFull`; the database is as it was then.
    package func restore(
        from file: String,
        migrations: [Migration]
    ) async throws {
        switch self {
        case .directory(let path):
            let directory = try DataDirectory.open(path: path)
            try await StoreThread.run {
                try SQLiteUpkeep(directory: directory.path).restore(from: file, migrations)
            }
        case .server(let url, let configuration):
            try await StoreThread.run { try PostgresUpkeep(url, configuration).restore(from: file, migrations) }
        }
    }
}

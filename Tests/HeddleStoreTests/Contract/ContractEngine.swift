import HeddleModel
import HeddleStore
import HeddleTestSupport
import Logging
import Testing

/// The engines that keep the contract; every test of the contract runs on each.
enum ContractEngine: String, CaseIterable, CustomTestStringConvertible {
    case sqlite
    case postgres

    /// The engines that are here; one that is missing is named by ``PostgresPresenceTests``.
    static var allCases: [ContractEngine] {
        PostgresServer.isExpected ? [.sqlite, .postgres] : [.sqlite]
    }

    /// Whether writes of concurrent callers share a commit.
    var sharesCommits: Bool {
        self == .sqlite
    }

    var testDescription: String {
        rawValue
    }

    /// The schema of the contract's tests.
    static let schema = [
        Migration(
            name: "0001_shelves",
            sqlite: """
                CREATE TABLE shelf (
                    tenant_id TEXT NOT NULL,
                    name TEXT NOT NULL,
                    PRIMARY KEY (tenant_id, name)
                ) STRICT;
                """,
            postgres: """
                CREATE TABLE shelf (
                    tenant_id TEXT COLLATE "C" NOT NULL,
                    name TEXT COLLATE "C" NOT NULL,
                    PRIMARY KEY (tenant_id, name)
                );
                """
        ),
        Migration(
            name: "0002_items",
            sqlite: """
                CREATE TABLE item (
                    name TEXT NOT NULL PRIMARY KEY,
                    label TEXT,
                    amount INTEGER CHECK (amount <> 13),
                    ratio REAL,
                    payload BLOB,
                    shelf TEXT,
                    tenant_id TEXT NOT NULL DEFAULT 'default',
                    FOREIGN KEY (tenant_id, shelf) REFERENCES shelf (tenant_id, name)
                ) STRICT;
                CREATE INDEX item_by_shelf ON item (tenant_id, shelf, name);
                """,
            postgres: """
                CREATE TABLE item (
                    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
                    label TEXT COLLATE "C",
                    amount BIGINT CHECK (amount <> 13),
                    ratio DOUBLE PRECISION,
                    payload BYTEA,
                    shelf TEXT COLLATE "C",
                    tenant_id TEXT COLLATE "C" NOT NULL DEFAULT 'default',
                    FOREIGN KEY (tenant_id, shelf) REFERENCES shelf (tenant_id, name)
                );
                CREATE INDEX item_by_shelf ON item (tenant_id, shelf, name);
                """
        ),
    ]

    /// Opens a store with the schema, hands it to the test, and closes it whatever happens.
    func withStore(
        _ configuration: HeddleStore.Configuration = HeddleStore.Configuration(),
        _ body: (HeddleStore) async throws -> Void
    ) async throws {
        let store =
            switch self {
            case .sqlite: try HeddleStore.temporary(migrations: Self.schema, configuration: configuration)
            case .postgres:
                try await HeddleStore.open(
                    url: PostgresServer.shared().makeDatabase(),
                    configuration: configuration,
                    migrations: Self.schema,
                    logger: Logger(label: "heddle.store") { _ in SwiftLogNoOpLogHandler() }
                )
            }
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

extension HeddleStore.Configuration.Database {
    /// One connection, so that of two closures one waits.
    static let single = HeddleStore.Configuration.Database(minimumConnections: 1, maximumConnections: 1)
}

extension HeddleStore {
    /// Inserts an item with a name and an amount.
    func insert(
        _ name: String,
        amount: Int64 = 0
    ) async throws {
        try await write { tx in
            _ = try tx.execute("INSERT INTO item (name, amount) VALUES ($1, $2)", [.text(name), .integer(amount)])
        }
    }

    /// The names of all items in the order of their bytes.
    func names() async throws -> [String] {
        try await read { tx in
            try tx.query("SELECT name FROM item ORDER BY name").map { try $0.text("name") }
        }
    }
}

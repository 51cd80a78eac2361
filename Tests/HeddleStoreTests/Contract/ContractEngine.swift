import HeddleModel
import HeddleStore
import Testing

/// The engines that keep the contract; every test of the contract runs on each.
enum ContractEngine: String, CaseIterable, CustomTestStringConvertible {
    case sqlite

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
                    tenant_id TEXT NOT NULL,
                    name TEXT NOT NULL,
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
                    name TEXT NOT NULL PRIMARY KEY,
                    label TEXT,
                    amount BIGINT CHECK (amount <> 13),
                    ratio DOUBLE PRECISION,
                    payload BYTEA,
                    shelf TEXT,
                    tenant_id TEXT NOT NULL DEFAULT 'default',
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

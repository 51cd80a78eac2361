package import HeddleStore

/// The tables of the registry.
package enum ExtensionMigrations {
    package static let all = [
        Migration(
            name: "0001_extensions",
            sqlite: """
                CREATE TABLE extension (
                    tenant_id TEXT NOT NULL,
                    name TEXT NOT NULL,
                    user_number INTEGER NOT NULL UNIQUE,
                    current_version TEXT NOT NULL,
                    created_at INTEGER NOT NULL,
                    PRIMARY KEY (tenant_id, name)
                ) STRICT;
                CREATE TABLE extension_version (
                    tenant_id TEXT NOT NULL,
                    name TEXT NOT NULL,
                    version TEXT NOT NULL,
                    state TEXT NOT NULL,
                    manifest TEXT NOT NULL,
                    source TEXT NOT NULL,
                    grants TEXT NOT NULL,
                    resolved TEXT,
                    tools TEXT NOT NULL,
                    held_tools TEXT,
                    revision TEXT,
                    failure TEXT,
                    updated_at INTEGER NOT NULL,
                    edits INTEGER NOT NULL,
                    PRIMARY KEY (tenant_id, name, version),
                    FOREIGN KEY (tenant_id, name) REFERENCES extension (tenant_id, name) ON DELETE CASCADE
                ) STRICT;
                """
        ),
        Migration(
            name: "0002_remains",
            sqlite: """
                ALTER TABLE extension_version DROP COLUMN failure;
                CREATE TABLE extension_remains (
                    tenant_id TEXT NOT NULL,
                    name TEXT NOT NULL,
                    PRIMARY KEY (tenant_id, name)
                ) STRICT;
                """
        ),
        Migration(
            name: "0003_configuration",
            sqlite: "ALTER TABLE extension_version ADD COLUMN configuration TEXT;"
        ),
    ]
}

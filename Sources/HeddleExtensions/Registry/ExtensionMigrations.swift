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
        // A version's text may come twice, as with a folder that is being worked on, so that versions are numbered.
        Migration(
            name: "0004_generations",
            sqlite: """
                ALTER TABLE extension_version RENAME TO extension_version_of_text;
                CREATE TABLE extension_version (
                    tenant_id TEXT NOT NULL,
                    name TEXT NOT NULL,
                    generation INTEGER NOT NULL,
                    predecessor INTEGER,
                    state TEXT NOT NULL,
                    manifest TEXT NOT NULL,
                    source TEXT NOT NULL,
                    grants TEXT NOT NULL,
                    choices TEXT,
                    configuration TEXT,
                    stages TEXT,
                    signature TEXT,
                    resolved TEXT,
                    tools TEXT NOT NULL,
                    held_tools TEXT,
                    revision TEXT,
                    created_at INTEGER NOT NULL,
                    updated_at INTEGER NOT NULL,
                    edits INTEGER NOT NULL,
                    PRIMARY KEY (tenant_id, name, generation),
                    FOREIGN KEY (tenant_id, name) REFERENCES extension (tenant_id, name) ON DELETE CASCADE
                ) STRICT;
                INSERT INTO extension_version SELECT v.tenant_id, v.name, 1, NULL, v.state, v.manifest, v.source, v.grants, NULL,
                    v.configuration, NULL, NULL, v.resolved, v.tools, v.held_tools, v.revision, e.created_at, v.updated_at, v.edits
                    FROM extension_version_of_text v
                    JOIN extension e ON e.tenant_id = v.tenant_id AND e.name = v.name;
                DROP TABLE extension_version_of_text;
                ALTER TABLE extension ADD COLUMN current_generation INTEGER NOT NULL DEFAULT 1;
                ALTER TABLE extension ADD COLUMN desired_generation INTEGER;
                ALTER TABLE extension DROP COLUMN current_version;
                """
        ),
    ]
}

package import HeddleStore

/// The tables of the registry.
package enum ExtensionMigrations {
    /// All of them, for a store that has nothing else.
    package static let all = first + later
    /// Those that came after the tables of contexts.
    package static let later = [
        Migration(name: "0007_abilities", sqlite: "ALTER TABLE extension_version ADD COLUMN abilities INTEGER")
    ]
    /// Those that came before the tables of others.
    package static let first = [
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
                """,
            postgres: """
                CREATE TABLE extension (
                    tenant_id TEXT COLLATE "C" NOT NULL,
                    name TEXT COLLATE "C" NOT NULL,
                    user_number BIGINT NOT NULL UNIQUE,
                    current_version TEXT COLLATE "C" NOT NULL,
                    created_at BIGINT NOT NULL,
                    PRIMARY KEY (tenant_id, name)
                );
                CREATE TABLE extension_version (
                    tenant_id TEXT COLLATE "C" NOT NULL,
                    name TEXT COLLATE "C" NOT NULL,
                    version TEXT COLLATE "C" NOT NULL,
                    state TEXT COLLATE "C" NOT NULL,
                    manifest TEXT COLLATE "C" NOT NULL,
                    source TEXT COLLATE "C" NOT NULL,
                    grants TEXT COLLATE "C" NOT NULL,
                    resolved TEXT COLLATE "C",
                    tools TEXT COLLATE "C" NOT NULL,
                    held_tools TEXT COLLATE "C",
                    revision TEXT COLLATE "C",
                    failure TEXT COLLATE "C",
                    updated_at BIGINT NOT NULL,
                    edits BIGINT NOT NULL,
                    PRIMARY KEY (tenant_id, name, version),
                    FOREIGN KEY (tenant_id, name) REFERENCES extension (tenant_id, name) ON DELETE CASCADE
                );
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
                """,
            postgres: """
                ALTER TABLE extension_version DROP COLUMN failure;
                CREATE TABLE extension_remains (
                    tenant_id TEXT COLLATE "C" NOT NULL,
                    name TEXT COLLATE "C" NOT NULL,
                    PRIMARY KEY (tenant_id, name)
                );
                """
        ),
        Migration(
            name: "0003_configuration",
            sqlite: "ALTER TABLE extension_version ADD COLUMN configuration TEXT;",
            postgres: #"ALTER TABLE extension_version ADD COLUMN configuration TEXT COLLATE "C";"#
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
                """,
            postgres: """
                ALTER TABLE extension_version RENAME TO extension_version_of_text;
                CREATE TABLE extension_version (
                    tenant_id TEXT COLLATE "C" NOT NULL,
                    name TEXT COLLATE "C" NOT NULL,
                    generation BIGINT NOT NULL,
                    predecessor BIGINT,
                    state TEXT COLLATE "C" NOT NULL,
                    manifest TEXT COLLATE "C" NOT NULL,
                    source TEXT COLLATE "C" NOT NULL,
                    grants TEXT COLLATE "C" NOT NULL,
                    choices TEXT COLLATE "C",
                    configuration TEXT COLLATE "C",
                    stages TEXT COLLATE "C",
                    signature TEXT COLLATE "C",
                    resolved TEXT COLLATE "C",
                    tools TEXT COLLATE "C" NOT NULL,
                    held_tools TEXT COLLATE "C",
                    revision TEXT COLLATE "C",
                    created_at BIGINT NOT NULL,
                    updated_at BIGINT NOT NULL,
                    edits BIGINT NOT NULL,
                    PRIMARY KEY (tenant_id, name, generation),
                    FOREIGN KEY (tenant_id, name) REFERENCES extension (tenant_id, name) ON DELETE CASCADE
                );
                INSERT INTO extension_version SELECT v.tenant_id, v.name, 1, NULL, v.state, v.manifest, v.source, v.grants, NULL,
                    v.configuration, NULL, NULL, v.resolved, v.tools, v.held_tools, v.revision, e.created_at, v.updated_at, v.edits
                    FROM extension_version_of_text v
                    JOIN extension e ON e.tenant_id = v.tenant_id AND e.name = v.name;
                DROP TABLE extension_version_of_text;
                ALTER TABLE extension ADD COLUMN current_generation BIGINT NOT NULL DEFAULT 1;
                ALTER TABLE extension ADD COLUMN desired_generation BIGINT;
                ALTER TABLE extension DROP COLUMN current_version;
                """
        ),
    ]
}

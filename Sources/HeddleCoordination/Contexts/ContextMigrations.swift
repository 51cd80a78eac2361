package import HeddleStore

/// The tables of contexts.
package enum ContextMigrations {
    package static let all = [Migration(name: "0006_contexts", sqlite: sqlite, postgres: postgres)]

    /// Rows are numbered in the order in which they came, which is the order of every list: a clock may go back.
    ///
    /// `context_number` keeps the last number, so that none is given out again after its row was removed.
    ///
    /// `context_label` is what PostgreSQL's GIN index is: numbers that stand for the metadata's values by which contexts are
    /// found. `context_search` keeps no text of its own. Both are written beside `context` by whoever changes that: a
    /// trigger would make SQLite keep what each statement has to undo, and the search write all that it has gathered each
    /// time, which was four fifths of the time of a removal. The shortest beginnings, which most words share, have lists of
    /// their own.
    private static let sqlite = """
        CREATE TABLE context (
            sequence INTEGER PRIMARY KEY,
            tenant_id TEXT NOT NULL,
            context_id TEXT NOT NULL,
            type TEXT NOT NULL,
            status TEXT NOT NULL,
            owner_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            participant_count INTEGER NOT NULL CHECK (participant_count >= 0),
            session_count INTEGER NOT NULL CHECK (session_count >= 0),
            max_participants INTEGER NOT NULL,
            max_sessions INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            last_activity_at INTEGER NOT NULL,
            expires_at INTEGER,
            clean_up_at INTEGER,
            join_token TEXT NOT NULL,
            attributes TEXT NOT NULL,
            search_text TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX context_by_id ON context (tenant_id, context_id);
        CREATE INDEX context_by_sequence ON context (tenant_id, sequence);
        CREATE INDEX context_by_type ON context (tenant_id, type, sequence);
        CREATE INDEX context_by_status ON context (tenant_id, status, sequence, participant_count);
        CREATE INDEX context_by_owner ON context (tenant_id, owner_id, sequence);
        CREATE INDEX context_clean_up ON context (clean_up_at) WHERE clean_up_at IS NOT NULL;
        CREATE TABLE context_number (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            last INTEGER NOT NULL
        ) STRICT;
        INSERT INTO context_number (only, last) VALUES (1, 0);
        CREATE TABLE context_label (
            label INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            PRIMARY KEY (label, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE VIRTUAL TABLE context_search USING fts5 (
            search_text, content='', columnsize=0, detail=none, prefix='1 2', tokenize='ascii'
        );
        \(common(integer: "INTEGER", blob: "BLOB", text: "TEXT", suffix: " STRICT"))
        CREATE TABLE context_event (
            sequence INTEGER PRIMARY KEY,
            tenant_id TEXT NOT NULL,
            occurred_at INTEGER NOT NULL,
            context_id TEXT,
            type TEXT NOT NULL,
            principal TEXT NOT NULL,
            data TEXT NOT NULL
        ) STRICT;
        CREATE INDEX context_event_of ON context_event (tenant_id, context_id, sequence);
        """

    /// Texts that are compared or put in order sort by their bytes, as on SQLite.
    private static let postgres = """
        CREATE TABLE context (
            sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            tenant_id TEXT COLLATE "C" NOT NULL,
            context_id TEXT COLLATE "C" NOT NULL,
            type TEXT COLLATE "C" NOT NULL,
            status TEXT COLLATE "C" NOT NULL,
            owner_id TEXT COLLATE "C" NOT NULL,
            version BIGINT NOT NULL,
            participant_count BIGINT NOT NULL CHECK (participant_count >= 0),
            session_count BIGINT NOT NULL CHECK (session_count >= 0),
            max_participants BIGINT NOT NULL,
            max_sessions BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            last_activity_at BIGINT NOT NULL,
            expires_at BIGINT,
            clean_up_at BIGINT,
            join_token TEXT COLLATE "C" NOT NULL,
            attributes TEXT COLLATE "C" NOT NULL,
            search_text TEXT COLLATE "C" NOT NULL,
            labels JSONB NOT NULL,
            search_words TSVECTOR GENERATED ALWAYS AS (array_to_tsvector(string_to_array(search_text, ' '))) STORED
        );
        CREATE UNIQUE INDEX context_by_id ON context (tenant_id, context_id);
        CREATE INDEX context_by_sequence ON context (tenant_id, sequence);
        CREATE INDEX context_by_type ON context (tenant_id, type, status, sequence);
        CREATE INDEX context_by_status ON context (tenant_id, status, sequence);
        CREATE INDEX context_by_owner ON context (tenant_id, owner_id, sequence);
        CREATE INDEX context_sizes ON context (tenant_id, status, participant_count);
        CREATE INDEX context_clean_up ON context (clean_up_at) WHERE clean_up_at IS NOT NULL;
        CREATE INDEX context_labels ON context USING GIN (labels jsonb_path_ops);
        CREATE INDEX context_words ON context USING GIN (search_words);
        \(common(integer: "BIGINT", blob: "BYTEA", text: "TEXT COLLATE \"C\"", suffix: ""))
        CREATE TABLE context_event (
            sequence BIGINT GENERATED ALWAYS AS IDENTITY,
            tenant_id TEXT COLLATE "C" NOT NULL,
            occurred_at BIGINT NOT NULL,
            context_id TEXT COLLATE "C",
            type TEXT COLLATE "C" NOT NULL,
            principal TEXT COLLATE "C" NOT NULL,
            data TEXT COLLATE "C" NOT NULL,
            PRIMARY KEY (tenant_id, occurred_at, sequence)
        ) PARTITION BY RANGE (occurred_at);
        CREATE TABLE context_event_rest PARTITION OF context_event DEFAULT;
        CREATE INDEX context_event_of ON context_event (tenant_id, context_id, sequence);
        \(partitioning)
        SELECT context_event_partitions(CAST(extract(epoch FROM now()) * 1000 AS BIGINT));
        """

    /// Functions of the database: one makes the partitions of this month and the next, one drops those of earlier months.
    ///
    /// Both take milliseconds since 1970. What came before there was a partition for it stays in the rest.
    private static let partitioning = """
        CREATE FUNCTION context_event_partitions(moment BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $body$
        DECLARE
            start TIMESTAMP := date_trunc('month', to_timestamp(moment / 1000) AT TIME ZONE 'UTC');
            name TEXT;
            made BIGINT := 0;
        BEGIN
            FOR month IN 0..1 LOOP
                name := 'context_event_' || to_char(start, 'YYYYMM');
                IF to_regclass(name) IS NULL THEN
                    BEGIN
                        EXECUTE format(
                            'CREATE TABLE %I PARTITION OF context_event FOR VALUES FROM (%s) TO (%s)', name,
                            CAST(extract(epoch FROM start) AS BIGINT) * 1000,
                            CAST(extract(epoch FROM start + interval '1 month') AS BIGINT) * 1000
                        );
                        made := made + 1;
                    EXCEPTION WHEN duplicate_table OR check_violation THEN
                        NULL;
                    END;
                END IF;
                start := start + interval '1 month';
            END LOOP;
            RETURN made;
        END $body$;
        CREATE FUNCTION context_event_drop(moment BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $body$
        DECLARE
            part RECORD;
            dropped BIGINT := 0;
        BEGIN
            FOR part IN
                SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'context_event'::regclass AND c.relname ~ '^context_event_[0-9]{6}$'
            LOOP
                IF extract(epoch FROM to_date(right(part.relname, 6), 'YYYYMM') + interval '1 month') * 1000 <= moment THEN
                    EXECUTE format('DROP TABLE %I', part.relname);
                    dropped := dropped + 1;
                END IF;
            END LOOP;
            RETURN dropped;
        END $body$;
        """

    /// The tables that both engines have alike.
    private static func common(integer: String, blob: String, text: String, suffix: String) -> String {
        """
        CREATE TABLE context_participant (
            tenant_id \(text) NOT NULL,
            context_id \(text) NOT NULL,
            participant_id \(text) NOT NULL,
            agent_id \(text) NOT NULL,
            type \(text) NOT NULL,
            status \(text) NOT NULL,
            version \(integer) NOT NULL,
            joined_at \(integer) NOT NULL,
            last_activity_at \(integer) NOT NULL,
            left_at \(integer),
            attributes \(text) NOT NULL,
            PRIMARY KEY (tenant_id, context_id, participant_id),
            FOREIGN KEY (tenant_id, context_id) REFERENCES context (tenant_id, context_id) ON DELETE CASCADE
        )\(suffix);
        CREATE UNIQUE INDEX context_participant_agent ON context_participant (tenant_id, context_id, agent_id)
            WHERE left_at IS NULL;
        CREATE INDEX context_participant_present ON context_participant (tenant_id, context_id, participant_id)
            WHERE left_at IS NULL;
        CREATE INDEX context_participant_left ON context_participant (left_at) WHERE left_at IS NOT NULL;
        CREATE TABLE context_session (
            tenant_id \(text) NOT NULL,
            context_id \(text) NOT NULL,
            session_id \(text) NOT NULL,
            status \(text) NOT NULL,
            version \(integer) NOT NULL,
            created_at \(integer) NOT NULL,
            started_at \(integer),
            completed_at \(integer),
            last_activity_at \(integer) NOT NULL,
            ends_at \(integer),
            attributes \(text) NOT NULL,
            PRIMARY KEY (tenant_id, context_id, session_id),
            FOREIGN KEY (tenant_id, context_id) REFERENCES context (tenant_id, context_id) ON DELETE CASCADE
        )\(suffix);
        CREATE INDEX context_session_over ON context_session (completed_at) WHERE completed_at IS NOT NULL;
        CREATE INDEX context_session_end ON context_session (ends_at) WHERE ends_at IS NOT NULL;
        CREATE TABLE context_metadata (
            tenant_id \(text) NOT NULL,
            context_id \(text) NOT NULL,
            name \(text) NOT NULL,
            version \(integer) NOT NULL,
            type \(text) NOT NULL,
            description \(text),
            access_level \(text) NOT NULL,
            value \(text) NOT NULL,
            updated_at \(integer) NOT NULL,
            updated_by \(text) NOT NULL,
            PRIMARY KEY (tenant_id, context_id, name),
            FOREIGN KEY (tenant_id, context_id) REFERENCES context (tenant_id, context_id) ON DELETE CASCADE
        )\(suffix);
        CREATE TABLE context_metadata_history (
            tenant_id \(text) NOT NULL,
            context_id \(text) NOT NULL,
            name \(text) NOT NULL,
            version \(integer) NOT NULL,
            value \(text),
            changed_at \(integer) NOT NULL,
            changed_by \(text) NOT NULL,
            PRIMARY KEY (tenant_id, context_id, name, version),
            FOREIGN KEY (tenant_id, context_id) REFERENCES context (tenant_id, context_id) ON DELETE CASCADE
        )\(suffix);
        CREATE INDEX context_metadata_age ON context_metadata_history (changed_at);
        CREATE TABLE context_state (
            tenant_id \(text) NOT NULL,
            context_id \(text) NOT NULL,
            version \(integer) NOT NULL,
            checksum \(text) NOT NULL,
            updated_at \(integer) NOT NULL,
            updated_by \(text) NOT NULL,
            document \(blob) NOT NULL,
            PRIMARY KEY (tenant_id, context_id),
            FOREIGN KEY (tenant_id, context_id) REFERENCES context (tenant_id, context_id) ON DELETE CASCADE
        )\(suffix);
        CREATE TABLE context_state_change (
            tenant_id \(text) NOT NULL,
            context_id \(text) NOT NULL,
            version \(integer) NOT NULL,
            checksum \(text) NOT NULL,
            changed_at \(integer) NOT NULL,
            changed_by \(text) NOT NULL,
            bytes \(integer) NOT NULL,
            operations \(blob) NOT NULL,
            inverse \(blob) NOT NULL,
            PRIMARY KEY (tenant_id, context_id, version),
            FOREIGN KEY (tenant_id, context_id) REFERENCES context (tenant_id, context_id) ON DELETE CASCADE
        )\(suffix);
        CREATE TABLE context_state_snapshot (
            tenant_id \(text) NOT NULL,
            context_id \(text) NOT NULL,
            snapshot_id \(text) NOT NULL,
            version \(integer) NOT NULL,
            label \(text),
            checksum \(text) NOT NULL,
            created_at \(integer) NOT NULL,
            created_by \(text) NOT NULL,
            bytes \(integer) NOT NULL,
            document \(blob) NOT NULL,
            PRIMARY KEY (tenant_id, context_id, snapshot_id),
            FOREIGN KEY (tenant_id, context_id) REFERENCES context (tenant_id, context_id) ON DELETE CASCADE
        )\(suffix);
        """
    }
}

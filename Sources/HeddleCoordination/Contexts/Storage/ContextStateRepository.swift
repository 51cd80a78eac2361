import HeddleModel
import HeddleStore
import JSON

/// The rows of shared states, of their changes and of their snapshots.
enum ContextStateRepository {
    /// What turned one version into the next.
    struct Change: Sendable {
        /// The version that it led to.
        let version: Int
        let checksum: String
        let changedAt: Timestamp
        let changedBy: String
        /// A patch (RFC 6902) from the version before to this one, and one that leads back.
        let operations: [UInt8]
        let inverse: [UInt8]
    }

    /// Changes that are kept of one context, and the bytes of them.
    private static let (mostChanges, mostBytes) = (1000, 16 << 20)
    /// Snapshots of one context.
    static let mostSnapshots = 100

    // MARK: The document

    static func find(_ context: Context.ID, _ tenant: TenantID, _ tx: ReadTransaction) throws -> SharedState {
        let row = try tx.first(
            """
            SELECT version, checksum, updated_at, updated_by, document FROM context_state
            WHERE tenant_id = $1 AND context_id = $2
            """,
            [.text(tenant.rawValue), .text(context.rawValue)]
        )
        guard let row else { return try .empty() }
        return SharedState(
            try SharedState.parse(row.blob("document")),
            version: Int(try row.integer("version")),
            checksum: try row.text("checksum"),
            updatedAt: try row.time("updated_at"),
            updatedBy: try row.text("updated_by")
        )
    }

    /// The version alone, without its document.
    static func version(_ context: Context.ID, _ tenant: TenantID, _ tx: ReadTransaction) throws -> Int {
        let row = try tx.first(
            "SELECT version FROM context_state WHERE tenant_id = $1 AND context_id = $2",
            [.text(tenant.rawValue), .text(context.rawValue)]
        )
        return try row.map { Int(try $0.integer("version")) } ?? 0
    }

    static func store(_ state: SharedState, _ context: Context.ID, _ tenant: TenantID, _ tx: WriteTransaction) throws {
        try tx.execute(
            """
            INSERT INTO context_state (tenant_id, context_id, version, checksum, updated_at, updated_by, document)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (tenant_id, context_id) DO UPDATE SET version = excluded.version, checksum = excluded.checksum,
            updated_at = excluded.updated_at, updated_by = excluded.updated_by, document = excluded.document
            """,
            [
                .text(tenant.rawValue), .text(context.rawValue), StoreValue(state.version), .text(state.checksum),
                .time(state.updatedAt), StoreValue(state.updatedBy), .blob(state.document.bytes),
            ]
        )
    }

    static func copy(
        from id: Context.ID,
        to copy: Context.ID,
        _ caller: Caller,
        at now: Timestamp,
        _ tx: WriteTransaction
    ) throws {
        let state = try find(id, caller.tenant, tx)
        guard state.version > 0 else { return }
        try store(
            SharedState(
                state.document,
                version: 1,
                checksum: state.checksum,
                updatedAt: now,
                updatedBy: caller.principal
            ),
            copy,
            caller.tenant,
            tx
        )
    }

    // MARK: Changes

    static func append(_ change: Change, _ context: Context.ID, _ tenant: TenantID, _ tx: WriteTransaction) throws {
        let names: [StoreValue] = [.text(tenant.rawValue), .text(context.rawValue)]
        let bytes = change.operations.count + change.inverse.count
        try tx.execute(
            """
            INSERT INTO context_state_change (tenant_id, context_id, version, checksum, changed_at, changed_by, bytes,
            operations, inverse) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            names + [
                StoreValue(change.version), .text(change.checksum), .time(change.changedAt), .text(change.changedBy),
                StoreValue(bytes), .blob(change.operations), .blob(change.inverse),
            ]
        )
        try tx.execute(
            "DELETE FROM context_state_change WHERE tenant_id = $1 AND context_id = $2 AND version <= $3",
            names + [StoreValue(change.version - mostChanges)]
        )
        // Small changes reach the other bound first.
        guard bytes > mostBytes / mostChanges else { return }
        try tx.execute(
            """
            DELETE FROM context_state_change WHERE tenant_id = $1 AND context_id = $2 AND version < (
                SELECT COALESCE(MAX(version), 0) FROM (
                    SELECT version, SUM(bytes) OVER (ORDER BY version DESC) AS newer FROM context_state_change
                    WHERE tenant_id = $1 AND context_id = $2
                ) AS sums WHERE newer > $3
            ) + 1 AND version < $4
            """,
            names + [StoreValue(mostBytes), StoreValue(change.version)]
        )
    }

    /// The changes after a version, the oldest first; fewer than there are when there are very many.
    static func changes(
        since version: Int,
        _ context: Context.ID,
        _ tenant: TenantID,
        limit: Int,
        _ tx: ReadTransaction
    ) throws -> [Change] {
        try tx.query(
            """
            SELECT version, checksum, changed_at, changed_by, operations, inverse FROM context_state_change
            WHERE tenant_id = $1 AND context_id = $2 AND version > $3 ORDER BY version LIMIT $4
            """,
            [.text(tenant.rawValue), .text(context.rawValue), StoreValue(version), StoreValue(limit)]
        )
        .map { row in
            Change(
                version: Int(try row.integer("version")),
                checksum: try row.text("checksum"),
                changedAt: try row.time("changed_at"),
                changedBy: try row.text("changed_by"),
                operations: try row.blob("operations"),
                inverse: try row.blob("inverse")
            )
        }
    }

    // MARK: Snapshots

    /// What is known of a snapshot besides its document.
    struct Snapshot: Sendable {
        let id: String
        let version: Int
        let label: String?
        let checksum: String
        let createdAt: Timestamp
        let createdBy: String
        let byteCount: Int

        func write(to writer: inout JSONWriter) {
            writer.name("snapshot_id")
            writer.string(id)
            writer.name("version")
            writer.integer(version)
            writer.name("name")
            if let label { writer.string(label) } else { writer.null() }
            writer.name("checksum")
            writer.string(checksum)
            writer.time("created_at", createdAt)
            writer.name("created_by")
            writer.string(createdBy)
            writer.name("size_bytes")
            writer.integer(byteCount)
        }
    }

    static func insert(
        _ snapshot: Snapshot,
        _ document: [UInt8],
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO context_state_snapshot (tenant_id, context_id, snapshot_id, version, label, checksum, created_at,
            created_by, bytes, document) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            [
                .text(tenant.rawValue), .text(context.rawValue), .text(snapshot.id), StoreValue(snapshot.version),
                StoreValue(snapshot.label), .text(snapshot.checksum), .time(snapshot.createdAt),
                .text(snapshot.createdBy), StoreValue(snapshot.byteCount), .blob(document),
            ]
        )
    }

    /// All snapshots of a context, the newest first.
    static func snapshots(_ context: Context.ID, _ tenant: TenantID, _ tx: ReadTransaction) throws -> [Snapshot] {
        try tx.query(
            """
            SELECT snapshot_id, version, label, checksum, created_at, created_by, bytes FROM context_state_snapshot
            WHERE tenant_id = $1 AND context_id = $2 ORDER BY created_at DESC, snapshot_id
            """,
            [.text(tenant.rawValue), .text(context.rawValue)]
        )
        .map(snapshot)
    }

    private static func snapshot(_ row: Row) throws(HeddleError) -> Snapshot {
        Snapshot(
            id: try row.text("snapshot_id"),
            version: Int(try row.integer("version")),
            label: try row.textIfPresent("label"),
            checksum: try row.text("checksum"),
            createdAt: try row.time("created_at"),
            createdBy: try row.text("created_by"),
            byteCount: Int(try row.integer("bytes"))
        )
    }

    /// A snapshot with its document.
    ///
    /// - Throws: ``HeddleError`` with `snapshotNotFound`.
    static func snapshot(
        _ id: String,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> (snapshot: Snapshot, document: JSONDocument) {
        let row = try tx.first(
            """
            SELECT snapshot_id, version, label, checksum, created_at, created_by, bytes, document
            FROM context_state_snapshot WHERE tenant_id = $1 AND context_id = $2 AND snapshot_id = $3
            """,
            [.text(tenant.rawValue), .text(context.rawValue), .text(id)]
        )
        guard let row else { throw missing(id, context) }
        return (try snapshot(row), try SharedState.parse(row.blob("document")))
    }

    /// Removes a snapshot.
    ///
    /// - Throws: ``HeddleError`` with `snapshotNotFound`.
    static func deleteSnapshot(_ id: String, _ context: Context.ID, _ tenant: TenantID, _ tx: WriteTransaction) throws {
        let count = try tx.execute(
            "DELETE FROM context_state_snapshot WHERE tenant_id = $1 AND context_id = $2 AND snapshot_id = $3",
            [.text(tenant.rawValue), .text(context.rawValue), .text(id)]
        )
        guard count > 0 else { throw missing(id, context) }
    }

    private static func missing(_ id: String, _ context: Context.ID) -> HeddleError {
        HeddleError(
            .snapshotNotFound,
            "the context has no snapshot '\(id.clipped(80))'",
            details: ["context_id": context.rawValue, "snapshot_id": id.clipped(80)]
        )
    }
}

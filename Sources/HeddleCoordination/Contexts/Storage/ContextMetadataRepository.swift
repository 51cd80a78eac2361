import HeddleModel
import HeddleStore
import JSON

/// The rows of metadata items and of what they were before.
enum ContextMetadataRepository {
    /// Items of one context, and earlier values of one item.
    static let (mostItems, mostVersions) = (1000, 100)
    private static let shown = "name, value, type, description, access_level, version, updated_at, updated_by"

    static func find(
        _ name: String,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> MetadataItem? {
        try tx.first(
            "SELECT \(shown) FROM context_metadata WHERE tenant_id = $1 AND context_id = $2 AND name = $3",
            [.text(tenant.rawValue), .text(context.rawValue), .text(name)]
        )
        .map(item)
    }

    private static func item(_ row: Row) throws(HeddleError) -> MetadataItem {
        MetadataItem(
            name: try row.text("name"),
            value: Array(try row.text("value").utf8),
            type: try row.text("type"),
            summary: try row.textIfPresent("description"),
            access: AccessLevel(rawValue: try row.text("access_level")) ?? .owner,
            version: Int(try row.integer("version")),
            updatedAt: try row.time("updated_at"),
            updatedBy: try row.text("updated_by")
        )
    }

    /// Items whose names begin with a text, in the order of their names, after one of them.
    static func list(
        _ context: Context.ID,
        prefix: String,
        after: String,
        limit: Int,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> [MetadataItem] {
        try tx.query(
            """
            SELECT \(shown) FROM context_metadata WHERE tenant_id = $1 AND context_id = $2 AND name >= $3 AND name > $4
            ORDER BY name LIMIT $5
            """,
            [.text(tenant.rawValue), .text(context.rawValue), .text(prefix), .text(after), StoreValue(limit)]
        )
        .map(item)
    }

    /// The names of items that begin with a text, in their order, after one of them.
    static func names(
        _ context: Context.ID,
        prefix: String,
        after: String,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> [String] {
        try tx.query(
            """
            SELECT name FROM context_metadata WHERE tenant_id = $1 AND context_id = $2 AND name >= $3 AND name > $4
            ORDER BY name LIMIT $5
            """,
            [
                .text(tenant.rawValue), .text(context.rawValue), .text(prefix), .text(after), StoreValue(mostItems),
            ]
        )
        .map { try $0.text("name") }
    }

    static func count(_ context: Context.ID, _ tenant: TenantID, _ tx: ReadTransaction) throws -> Int {
        let row = try tx.first(
            "SELECT count(*) AS total FROM context_metadata WHERE tenant_id = $1 AND context_id = $2",
            [.text(tenant.rawValue), .text(context.rawValue)]
        )
        return Int(try row?.integer("total") ?? 0)
    }

    /// The last version that an item of this name had, also when it is gone; zero when there was none.
    static func lastVersion(
        _ name: String,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> Int {
        let row = try tx.first(
            """
            SELECT COALESCE(MAX(version), 0) AS version FROM context_metadata_history
            WHERE tenant_id = $1 AND context_id = $2 AND name = $3
            """,
            [.text(tenant.rawValue), .text(context.rawValue), .text(name)]
        )
        return Int(try row?.integer("version") ?? 0)
    }

    static func put(_ item: MetadataItem, _ context: Context.ID, _ tenant: TenantID, _ tx: WriteTransaction) throws {
        let value = String(decoding: item.value, as: UTF8.self)
        try tx.execute(
            """
            INSERT INTO context_metadata (tenant_id, context_id, name, version, type, description, access_level, value,
            updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (tenant_id, context_id, name) DO UPDATE SET version = excluded.version, type = excluded.type,
            description = excluded.description, access_level = excluded.access_level, value = excluded.value,
            updated_at = excluded.updated_at, updated_by = excluded.updated_by
            """,
            [
                .text(tenant.rawValue), .text(context.rawValue), .text(item.name), StoreValue(item.version),
                .text(item.type), StoreValue(item.summary), .text(item.access.rawValue), .text(value),
                .time(item.updatedAt), .text(item.updatedBy),
            ]
        )
        try remember(item.name, item.version, value, item.updatedAt, item.updatedBy, context, tenant, tx)
    }

    /// Removes an item; its history stays, with the removal as its end.
    static func delete(
        _ item: MetadataItem,
        _ context: Context.ID,
        _ caller: Caller,
        at now: Timestamp,
        _ tx: WriteTransaction
    ) throws {
        try tx.execute(
            "DELETE FROM context_metadata WHERE tenant_id = $1 AND context_id = $2 AND name = $3",
            [.text(caller.tenant.rawValue), .text(context.rawValue), .text(item.name)]
        )
        try remember(item.name, item.version + 1, nil, now, caller.principal, context, caller.tenant, tx)
    }

    private static func remember(
        _ name: String,
        _ version: Int,
        _ value: String?,
        _ time: Timestamp,
        _ principal: String,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        let names: [StoreValue] = [.text(tenant.rawValue), .text(context.rawValue), .text(name)]
        try tx.execute(
            """
            INSERT INTO context_metadata_history (tenant_id, context_id, name, version, value, changed_at, changed_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            names + [StoreValue(version), StoreValue(value), .time(time), .text(principal)]
        )
        try tx.execute(
            """
            DELETE FROM context_metadata_history WHERE tenant_id = $1 AND context_id = $2 AND name = $3 AND version <= $4
            """,
            names + [StoreValue(version - mostVersions)]
        )
    }

    /// What an item was, the newest first, as clients see it.
    static func history(
        _ name: String,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> [[UInt8]] {
        try tx.query(
            """
            SELECT version, value, changed_at, changed_by FROM context_metadata_history
            WHERE tenant_id = $1 AND context_id = $2 AND name = $3 ORDER BY version DESC
            """,
            [.text(tenant.rawValue), .text(context.rawValue), .text(name)]
        )
        .map { row in
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("version")
            writer.integer(Int(try row.integer("version")))
            let value = try row.textIfPresent("value")
            writer.name("is_deleted")
            writer.bool(value == nil)
            if let value {
                writer.name("value")
                writer.raw(Array(value.utf8)[...])
            }
            writer.time("changed_at", try row.time("changed_at"))
            writer.name("changed_by")
            writer.string(try row.text("changed_by"))
            writer.endObject()
            return writer.bytes
        }
    }

    static func copy(
        from id: Context.ID,
        to copy: Context.ID,
        _ caller: Caller,
        at now: Timestamp,
        _ tx: WriteTransaction
    ) throws {
        for item in try list(id, prefix: "", after: "", limit: mostItems, caller.tenant, tx) {
            let copied = MetadataItem(
                name: item.name,
                value: item.value,
                type: item.type,
                summary: item.summary,
                access: item.access,
                version: 1,
                updatedAt: now,
                updatedBy: caller.principal
            )
            try put(copied, copy, caller.tenant, tx)
        }
    }

    /// Removes some of the history of items that were removed long ago.
    ///
    /// - Returns: How many versions.
    static func prune(before: Timestamp, limit: Int, _ tx: WriteTransaction) throws -> Int {
        let isGone = """
            changed_at < $1 AND NOT EXISTS (SELECT 1 FROM context_metadata m
            WHERE m.tenant_id = context_metadata_history.tenant_id
            AND m.context_id = context_metadata_history.context_id AND m.name = context_metadata_history.name)
            """
        return try tx.prune("context_metadata_history", where: isGone, before, limit)
    }
}

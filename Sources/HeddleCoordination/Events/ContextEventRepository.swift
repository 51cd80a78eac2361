import HeddleModel
import HeddleStore
import JSON

/// The rows of events: written in the transaction of the change that they tell of, and never changed.
enum ContextEventRepository {
    private static let insertion = RowInsert(
        into: "context_event",
        columns: ["tenant_id", "occurred_at", "context_id", "type", "principal", "data"]
    )

    static func append(_ events: [ContextEvent], _ caller: Caller, at now: Timestamp, _ tx: WriteTransaction) throws {
        let rows = events.map { event -> [StoreValue] in
            [
                .text(caller.tenant.rawValue), .time(now), StoreValue(event.context?.rawValue),
                .text(event.kind.rawValue), .text(caller.principal), .text(String(decoding: event.data, as: UTF8.self)),
            ]
        }
        _ = try insertion.run(rows, tx)
    }

    /// The events of a context after one of them, and one more when there are more; the oldest first.
    static func list(
        _ context: Context.ID,
        after: Int,
        limit: Int,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> [(sequence: Int, bytes: [UInt8])] {
        try tx.query(
            """
            SELECT sequence, occurred_at, type, principal, data FROM context_event
            WHERE tenant_id = $1 AND context_id = $2 AND sequence > $3 ORDER BY sequence LIMIT $4
            """,
            [.text(tenant.rawValue), .text(context.rawValue), StoreValue(after), StoreValue(limit + 1)]
        )
        .map { row in
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("sequence")
            writer.integer(Int(try row.integer("sequence")))
            writer.name("type")
            writer.string(try row.text("type"))
            writer.time("occurred_at", try row.time("occurred_at"))
            writer.name("principal")
            writer.string(try row.text("principal"))
            writer.name("data")
            writer.raw(Array(try row.text("data").utf8)[...])
            writer.endObject()
            return (Int(try row.integer("sequence")), writer.bytes)
        }
    }

    /// Makes room for the events to come, and drops the months that are older than is kept, where events lie by month.
    static func turnOver(_ now: Timestamp, before: Timestamp, _ tx: WriteTransaction) throws {
        switch tx.dialect {
        case .sqlite: break
        case .postgres:
            _ = try tx.query("SELECT context_event_partitions($1) AS made", [.time(now)])
            _ = try tx.query("SELECT context_event_drop($1) AS dropped", [.time(before)])
        }
    }

    /// Removes the oldest of those that are older than is kept.
    ///
    /// - Returns: How many.
    static func prune(before: Timestamp, limit: Int, _ tx: WriteTransaction) throws -> Int {
        switch tx.dialect {
        case .sqlite: try tx.prune("context_event", where: "occurred_at < $1", before, limit)
        // Whole months are dropped; here is what came when there was no partition for it.
        case .postgres: try tx.prune("context_event_rest", where: "occurred_at < $1", before, limit)
        }
    }
}

import HeddleModel
import HeddleStore
import JSON

/// The rows of events: written in the transaction of the change that they tell of, and never changed.
enum ContextEventRepository {
    private static let insertion = RowInsert(
        into: "context_event",
        columns: ["tenant_id", "occurred_at", "context_id", "type", "principal", "data"],
        key: "sequence"
    )

    static func append(_ events: [ContextEvent], _ caller: Caller, at now: Timestamp, _ tx: WriteTransaction) throws {
        let rows = events.map { event -> [StoreValue] in
            [
                .text(caller.tenant.rawValue), .time(now), StoreValue(event.context?.rawValue),
                .text(event.kind.rawValue), .text(caller.principal), .text(String(decoding: event.data, as: UTF8.self)),
            ]
        }
        try insertion.run(rows, tx)
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
    /// On SQLite events lie in the order in which they came, and the oldest of them are looked at. The last one stays: its
    /// number is where the next one's comes from.
    ///
    /// - Returns: How many.
    static func prune(before: Timestamp, limit: Int, _ tx: WriteTransaction) throws -> Int {
        switch tx.dialect {
        case .sqlite:
            try tx.execute(
                """
                DELETE FROM context_event WHERE sequence IN (
                    SELECT sequence FROM (
                        SELECT sequence, occurred_at FROM context_event
                        WHERE sequence < (SELECT max(sequence) FROM context_event) ORDER BY sequence LIMIT $2
                    ) WHERE occurred_at < $1
                )
                """,
                [.time(before), StoreValue(limit)]
            )
        // Whole months are dropped; here is what came when there was no partition for it.
        case .postgres: try tx.prune("context_event_rest", where: "occurred_at < $1", before, limit)
        }
    }
}

import HeddleModel
import HeddleStore
import JSON

/// The rows of sessions.
enum ContextSessionRepository {
    private static let shown =
        "session_id, status, version, created_at, started_at, completed_at, last_activity_at, attributes"

    static func insert(
        _ session: ContextSession,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO context_session (tenant_id, context_id, session_id, status, version, created_at, started_at,
            completed_at, last_activity_at, ends_at, attributes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            [
                .text(tenant.rawValue), .text(context.rawValue), .text(session.id.rawValue),
                .text(session.status.rawValue), StoreValue(session.version), .time(session.createdAt),
                .time(session.startedAt), .time(session.completedAt), .time(session.lastActivityAt),
                .time(session.endsAt), .text(String(decoding: session.attributes.bytes, as: UTF8.self)),
            ]
        )
    }

    static func update(
        _ session: ContextSession,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE context_session SET status = $1, version = $2, started_at = $3, completed_at = $4,
            last_activity_at = $5, ends_at = $6, attributes = $7
            WHERE tenant_id = $8 AND context_id = $9 AND session_id = $10
            """,
            [
                .text(session.status.rawValue), StoreValue(session.version), .time(session.startedAt),
                .time(session.completedAt), .time(session.lastActivityAt), .time(session.endsAt),
                .text(String(decoding: session.attributes.bytes, as: UTF8.self)), .text(tenant.rawValue),
                .text(context.rawValue), .text(session.id.rawValue),
            ]
        )
    }

    /// The session of an id.
    ///
    /// - Throws: ``HeddleError`` with `sessionNotFound`.
    static func find(
        _ id: ContextSession.ID,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> ContextSession {
        let row = try tx.first(
            "SELECT \(shown) FROM context_session WHERE tenant_id = $1 AND context_id = $2 AND session_id = $3",
            [.text(tenant.rawValue), .text(context.rawValue), .text(id.rawValue)]
        )
        guard let row else {
            throw HeddleError(
                .sessionNotFound,
                "the context has no session '\(id)'",
                details: ["context_id": context.rawValue, "session_id": id.rawValue]
            )
        }
        return try ContextSession(row)
    }

    /// Sessions in the order of their ids, after one of them.
    static func list(
        _ context: Context.ID,
        status: SessionStatus?,
        after: String,
        limit: Int,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> [ContextSession] {
        var arguments = SQLArguments()
        var conditions = [
            "tenant_id = \(arguments.add(.text(tenant.rawValue)))",
            "context_id = \(arguments.add(.text(context.rawValue)))",
            "session_id > \(arguments.add(.text(after)))",
        ]
        if let status { conditions.append("status = \(arguments.add(.text(status.rawValue)))") }
        return
            try tx.query(
                """
                SELECT \(shown) FROM context_session WHERE \(conditions.joined(separator: " AND "))
                ORDER BY session_id LIMIT \(arguments.add(StoreValue(limit)))
                """,
                arguments.values
            )
            .map { try ContextSession($0) }
    }

    /// The sessions that are open and name a participant somewhere.
    static func open(
        in context: Context.ID,
        naming participant: Participant.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> [ContextSession] {
        // An id has no character that means anything to LIKE.
        try tx.query(
            """
            SELECT \(shown) FROM context_session WHERE tenant_id = $1 AND context_id = $2
            AND status IN ('initializing', 'active', 'paused') AND attributes LIKE $3 ORDER BY session_id
            """,
            [.text(tenant.rawValue), .text(context.rawValue), .text("%\(participant.rawValue)%")]
        )
        .map { try ContextSession($0) }
    }

    /// Completes every session that is open, in a context that is locked.
    ///
    /// - Returns: The events that tell of it.
    static func endAll(
        _ context: Context.ID,
        _ tenant: TenantID,
        at now: Timestamp,
        _ tx: WriteTransaction
    ) throws -> [ContextEvent] {
        let rows = try tx.query(
            """
            UPDATE context_session SET status = 'completed', completed_at = $1, last_activity_at = $1, ends_at = NULL,
            version = version + 1
            WHERE tenant_id = $2 AND context_id = $3 AND status IN ('initializing', 'active', 'paused')
            RETURNING session_id
            """,
            [.time(now), .text(tenant.rawValue), .text(context.rawValue)]
        )
        return try rows.map { row in
            let id = try row.text("session_id")
            return ContextEvent(.sessionChanged, context) { writer in
                writer.name("session_id")
                writer.string(id)
                writer.name("to")
                writer.string(SessionStatus.completed.rawValue)
            }
        }
    }

    /// Sessions whose longest duration is over.
    static func due(
        at now: Timestamp,
        limit: Int,
        _ tx: ReadTransaction
    ) throws -> [(tenant: TenantID, context: Context.ID, id: ContextSession.ID)] {
        try tx.query(
            "SELECT tenant_id, context_id, session_id FROM context_session WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2",
            [.time(now), StoreValue(limit)]
        )
        .map { row in
            (
                TenantID(rawValue: try row.text("tenant_id")), Context.ID(unchecked: try row.text("context_id")),
                ContextSession.ID(unchecked: try row.text("session_id"))
            )
        }
    }
}

extension ContextSessionRepository {
    /// Removes the rows of some sessions that are over for long.
    ///
    /// - Returns: How many.
    static func prune(before: Timestamp, limit: Int, _ tx: WriteTransaction) throws -> Int {
        try tx.prune("context_session", where: "completed_at < $1", before, limit)
    }
}

extension ContextSession {
    fileprivate init(_ row: Row) throws(HeddleError) {
        let fields = try JSONFields(parsing: Array(try row.text("attributes").utf8), code: .internalError)
        self.init(
            id: ID(unchecked: try row.text("session_id")),
            attributes: try SessionAttributes(fields),
            status: SessionStatus(rawValue: try row.text("status")) ?? .failed,
            version: Int(try row.integer("version")),
            createdAt: try row.time("created_at"),
            startedAt: try row.timeIfPresent("started_at"),
            completedAt: try row.timeIfPresent("completed_at"),
            lastActivityAt: try row.time("last_activity_at")
        )
    }
}

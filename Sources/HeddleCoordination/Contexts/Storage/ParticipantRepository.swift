import HeddleModel
import HeddleStore
import JSON

/// The rows of participants.
enum ParticipantRepository {
    private static let columns = [
        "tenant_id", "context_id", "participant_id", "agent_id", "type", "status", "version", "joined_at",
        "last_activity_at", "left_at", "attributes",
    ]
    private static let shown =
        "participant_id, agent_id, status, version, joined_at, last_activity_at, left_at, attributes"
    private static let insertion = RowInsert(
        into: "context_participant",
        columns: columns,
        suffix: " ON CONFLICT DO NOTHING",
        key: "agent_id"
    )

    /// Inserts participants.
    ///
    /// - Throws: ``HeddleError`` with `participantExists` when an agent takes part already.
    static func insert(
        _ participants: [Participant],
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        let rows = participants.map { participant -> [StoreValue] in
            [
                .text(tenant.rawValue), .text(context.rawValue), .text(participant.id.rawValue),
                .text(participant.agentID), .text(participant.attributes.type.rawValue),
                .text(participant.status.rawValue), StoreValue(participant.version), .time(participant.joinedAt),
                .time(participant.lastActivityAt), .time(participant.leftAt),
                .text(String(decoding: participant.attributes.bytes, as: UTF8.self)),
            ]
        }
        guard let refused = try insertion.firstRefused(of: rows, key: 3, tx) else { return }
        let known = participants[refused].agentID
        throw HeddleError(
            .participantExists,
            "the agent '\(known.clipped(80))' takes part already",
            details: ["context_id": context.rawValue, "agent_id": known.clipped(255)]
        )
    }

    /// The participant of an id; one that has left is still found.
    ///
    /// - Throws: ``HeddleError`` with `participantNotFound`.
    static func find(
        _ id: Participant.ID,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> Participant {
        let row = try tx.first(
            """
            SELECT \(shown) FROM context_participant
            WHERE tenant_id = $1 AND context_id = $2 AND participant_id = $3
            """,
            [.text(tenant.rawValue), .text(context.rawValue), .text(id.rawValue)]
        )
        guard let row else {
            throw HeddleError(
                .participantNotFound,
                "the context has no participant '\(id)'",
                details: ["context_id": context.rawValue, "participant_id": id.rawValue]
            )
        }
        return try Participant(row)
    }

    /// Participants in the order of their ids, after one of them; those that have left only when they are asked for.
    static func list(
        _ context: Context.ID,
        status: ParticipantStatus?,
        type: ParticipantType? = nil,
        after: String,
        limit: Int,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> [Participant] {
        var arguments = SQLArguments()
        var conditions = [
            "tenant_id = \(arguments.add(.text(tenant.rawValue)))",
            "context_id = \(arguments.add(.text(context.rawValue)))",
            "participant_id > \(arguments.add(.text(after)))",
        ]
        if let status {
            conditions.append("status = \(arguments.add(.text(status.rawValue)))")
        } else {
            conditions.append("left_at IS NULL")
        }
        if let type { conditions.append("type = \(arguments.add(.text(type.rawValue)))") }
        return
            try tx.query(
                """
                SELECT \(shown) FROM context_participant WHERE \(conditions.joined(separator: " AND "))
                ORDER BY participant_id LIMIT \(arguments.add(StoreValue(limit)))
                """,
                arguments.values
            )
            .map { try Participant($0) }
    }

    /// The number of those of some participants that take part now.
    static func present(
        _ ids: [String],
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> Set<String> {
        var present: Set<String> = []
        for id in ids
        where try tx.first(
            """
            SELECT 1 AS one FROM context_participant
            WHERE tenant_id = $1 AND context_id = $2 AND participant_id = $3 AND left_at IS NULL
            """,
            [.text(tenant.rawValue), .text(context.rawValue), .text(id)]
        ) != nil {
            present.insert(id)
        }
        return present
    }

    static func update(
        _ participant: Participant,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE context_participant SET type = $1, status = $2, version = $3, last_activity_at = $4, left_at = $5,
            attributes = $6 WHERE tenant_id = $7 AND context_id = $8 AND participant_id = $9
            """,
            [
                .text(participant.attributes.type.rawValue), .text(participant.status.rawValue),
                StoreValue(participant.version), .time(participant.lastActivityAt), .time(participant.leftAt),
                .text(String(decoding: participant.attributes.bytes, as: UTF8.self)), .text(tenant.rawValue),
                .text(context.rawValue), .text(participant.id.rawValue),
            ]
        )
    }

    /// Makes everybody leave, in a context that is locked.
    ///
    /// - Returns: The events that tell of it.
    static func leaveAll(
        _ context: Context.ID,
        _ tenant: TenantID,
        at now: Timestamp,
        _ tx: WriteTransaction
    ) throws -> [ContextEvent] {
        let rows = try tx.query(
            """
            UPDATE context_participant SET status = 'left', left_at = $1, last_activity_at = $1, version = version + 1
            WHERE tenant_id = $2 AND context_id = $3 AND left_at IS NULL RETURNING participant_id, agent_id
            """,
            [.time(now), .text(tenant.rawValue), .text(context.rawValue)]
        )
        return try rows.flatMap { row in
            left(Participant.ID(unchecked: try row.text("participant_id")), try row.text("agent_id"), context)
        }
    }

    /// What is told of one that leaves: its tasks end, and what it held is free.
    static func left(_ id: Participant.ID, _ agent: String, _ context: Context.ID) -> [ContextEvent] {
        [.participantLeft, .participantTasksCancelled, .participantResourcesTransferred]
            .map { kind in
                ContextEvent(kind, context) { writer in
                    writer.name("participant_id")
                    writer.string(id.rawValue)
                    writer.name("agent_id")
                    writer.string(agent)
                }
            }
    }

    /// Removes the rows of some that left long ago.
    ///
    /// - Returns: How many.
    static func prune(before: Timestamp, limit: Int, _ tx: WriteTransaction) throws -> Int {
        try tx.prune("context_participant", where: "left_at < $1", before, limit)
    }
}

extension WriteTransaction {
    /// Removes some of the rows of a table that are older than is kept.
    ///
    /// - Returns: How many.
    func prune(_ table: String, where isOld: String, _ before: Timestamp, _ limit: Int) throws -> Int {
        let place =
            switch dialect {
            case .sqlite: "rowid"
            case .postgres: "ctid"
            }
        return try execute(
            "DELETE FROM \(table) WHERE \(place) IN (SELECT \(place) FROM \(table) WHERE \(isOld) LIMIT $2)",
            [.time(before), StoreValue(limit)]
        )
    }
}

extension Participant {
    fileprivate init(_ row: Row) throws(HeddleError) {
        let fields = try JSONFields(parsing: Array(try row.text("attributes").utf8), code: .internalError)
        self.init(
            id: ID(unchecked: try row.text("participant_id")),
            agentID: try row.text("agent_id"),
            attributes: try ParticipantAttributes(fields),
            status: ParticipantStatus(rawValue: try row.text("status")) ?? .left,
            version: Int(try row.integer("version")),
            joinedAt: try row.time("joined_at"),
            lastActivityAt: try row.time("last_activity_at"),
            leftAt: try row.timeIfPresent("left_at")
        )
    }
}

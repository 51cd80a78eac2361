import HeddleModel
import HeddleStore

/// The rows of contexts.
enum ContextRepository {
    /// A context with what its row needs, all of it worked out before the writer is kept from others.
    struct Prepared: Sendable {
        let context: Context
        fileprivate let type: String
        fileprivate let ownerID: String
        fileprivate let cleanUpAt: Timestamp?
        fileprivate let searchText: String
        fileprivate let labels: Set<ContextLabel>
        fileprivate let metadata: [UInt8]

        init(_ context: Context, _ attributes: ContextAttributes) throws(HeddleError) {
            self.context = context
            type = attributes.type.rawValue
            ownerID = attributes.owner.id
            cleanUpAt = context.cleanUpAt(attributes.configuration)
            searchText = attributes.searchText
            labels = try ContextLabel.all(attributes.metadata)
            metadata = attributes.metadata.bytes
        }
    }

    private static let columns = [
        "tenant_id", "context_id", "type", "status", "owner_id", "version", "participant_count", "session_count",
        "max_participants", "max_sessions", "created_at", "updated_at", "last_activity_at", "expires_at", "clean_up_at",
        "join_token", "attributes", "search_text",
    ]
    private static let shown = """
        c.sequence, c.context_id, c.status, c.version, c.participant_count, c.session_count, c.max_participants,
        c.max_sessions, c.created_at, c.updated_at, c.last_activity_at, c.expires_at, c.join_token, c.attributes
        """
    private static let insertSQLite = RowInsert(
        into: "context",
        columns: columns,
        suffix: " RETURNING sequence, context_id"
    )
    private static let insertPostgres = RowInsert(
        into: "context",
        columns: columns.map { ($0, nil) } + [("labels", "JSONB")],
        suffix: " RETURNING sequence, context_id"
    )
    private static let insertLabels = RowInsert(
        into: "context_label",
        columns: ["tenant_id", "label", "sequence"],
        suffix: " ON CONFLICT DO NOTHING"
    )

    // MARK: Writing

    /// Inserts contexts whose ids are free.
    static func insert(_ contexts: [Prepared], _ tenant: TenantID, _ tx: WriteTransaction) throws {
        let rows = contexts.map { row($0, tenant, tx.dialect) }
        switch tx.dialect {
        case .postgres: _ = try insertPostgres.run(rows, tx)
        case .sqlite:
            var sequences: [String: Int64] = [:]
            sequences.reserveCapacity(contexts.count)
            for row in try insertSQLite.run(rows, tx) {
                sequences[try row.text("context_id")] = try row.integer("sequence")
            }
            let labels = contexts.flatMap { prepared in
                labelRows(prepared.labels, sequences[prepared.context.id.rawValue] ?? 0, tenant)
            }
            _ = try insertLabels.run(labels, tx)
        }
    }

    private static func row(_ prepared: Prepared, _ tenant: TenantID, _ dialect: StoreDialect) -> [StoreValue] {
        let context = prepared.context
        let values: [StoreValue] = [
            .text(tenant.rawValue), .text(context.id.rawValue), .text(prepared.type), .text(context.status.rawValue),
            .text(prepared.ownerID), StoreValue(context.version), StoreValue(context.participantCount),
            StoreValue(context.sessionCount), StoreValue(context.maxParticipants), StoreValue(context.maxSessions),
            .time(context.createdAt), .time(context.updatedAt), .time(context.lastActivityAt),
            .time(context.expiresAt), .time(prepared.cleanUpAt), .text(context.joinToken),
            .text(context.attributesText), .text(prepared.searchText),
        ]
        switch dialect {
        case .sqlite: return values
        case .postgres: return values + [.text(String(decoding: prepared.metadata, as: UTF8.self))]
        }
    }

    private static func labelRows(
        _ labels: Set<ContextLabel>,
        _ sequence: Int64,
        _ tenant: TenantID
    ) -> [[StoreValue]] {
        labels.map { [.text(tenant.rawValue), .text($0.text), .integer(sequence)] }
    }

    /// Stores what became of a context that was locked in this transaction, as `old`.
    ///
    /// Only what differs is written, since each column that is named costs the rows of its indexes; `attributes` are nil
    /// when the client says the same of it as before.
    static func update(
        _ context: Context,
        from old: Context,
        _ attributes: (new: Prepared, old: Prepared)?,
        _ tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        var changes = RowChanges()
        changes.set("version", StoreValue(context.version))
        changes.set("updated_at", .time(context.updatedAt))
        changes.set("last_activity_at", .time(context.lastActivityAt))
        changes.set("status", .text(context.status.rawValue), from: .text(old.status.rawValue))
        changes.set("participant_count", StoreValue(context.participantCount), from: StoreValue(old.participantCount))
        changes.set("session_count", StoreValue(context.sessionCount), from: StoreValue(old.sessionCount))
        if let (new, old) = attributes {
            changes.set("attributes", .text(context.attributesText))
            changes.set("max_participants", StoreValue(context.maxParticipants))
            changes.set("max_sessions", StoreValue(context.maxSessions))
            changes.set("expires_at", .time(context.expiresAt))
            changes.set("type", .text(new.type), from: .text(old.type))
            changes.set("owner_id", .text(new.ownerID), from: .text(old.ownerID))
            changes.set("clean_up_at", .time(new.cleanUpAt), from: .time(old.cleanUpAt))
            changes.set("search_text", .text(new.searchText), from: .text(old.searchText))
            try replaceLabels(of: new, old, &changes, tenant, tx)
        }
        try changes.update("context", "sequence", StoreValue(context.sequence), tx)
    }

    private static func replaceLabels(
        of new: Prepared,
        _ old: Prepared,
        _ changes: inout RowChanges,
        _ tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        switch tx.dialect {
        case .postgres:
            guard new.metadata != old.metadata else { return }
            changes.set("labels", .text(String(decoding: new.metadata, as: UTF8.self)), cast: "JSONB")
        case .sqlite:
            let sequence = new.context.sequence
            for label in old.labels.subtracting(new.labels) {
                try tx.execute(
                    "DELETE FROM context_label WHERE tenant_id = $1 AND label = $2 AND sequence = $3",
                    [.text(tenant.rawValue), .text(label.text), StoreValue(sequence)]
                )
            }
            let added = new.labels.subtracting(old.labels)
            _ = try insertLabels.run(labelRows(added, Int64(sequence), tenant), tx)
        }
    }

    /// Stores the last activity of a context that was locked in this transaction, and its counts where they are others.
    static func touch(_ context: Context, hasOtherCounts: Bool = true, _ tx: WriteTransaction) throws {
        let (time, sequence) = (StoreValue.time(context.lastActivityAt), StoreValue(context.sequence))
        guard hasOtherCounts else {
            try tx.execute("UPDATE context SET last_activity_at = $1 WHERE sequence = $2", [time, sequence])
            return
        }
        try tx.execute(
            """
            UPDATE context SET participant_count = $1, session_count = $2, last_activity_at = $3 WHERE sequence = $4
            """,
            [StoreValue(context.participantCount), StoreValue(context.sessionCount), time, sequence]
        )
    }

    /// Removes a context with everything that belongs to it.
    static func delete(_ context: Context, _ tx: WriteTransaction) throws {
        try tx.execute("DELETE FROM context WHERE sequence = $1", [StoreValue(context.sequence)])
    }

    // MARK: Reading

    /// The context of an id.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    static func find(_ id: Context.ID, _ tenant: TenantID, _ tx: ReadTransaction) throws -> Context {
        try found(
            tx.first(
                "SELECT \(shown) FROM context c WHERE c.tenant_id = $1 AND c.context_id = $2",
                [.text(tenant.rawValue), .text(id.rawValue)]
            ),
            id
        )
    }

    /// The context of an id, kept from other writers until the transaction ends.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    static func lock(_ id: Context.ID, _ tenant: TenantID, _ tx: WriteTransaction) throws -> Context {
        try found(
            tx.lock(
                "SELECT \(shown) FROM context c WHERE c.tenant_id = $1 AND c.context_id = $2",
                [.text(tenant.rawValue), .text(id.rawValue)]
            )
            .first,
            id
        )
    }

    private static func found(_ row: Row?, _ id: Context.ID) throws -> Context {
        guard let row else {
            throw HeddleError(
                .contextNotFound,
                "there is no context '\(id)'",
                details: ["context_id": id.rawValue]
            )
        }
        return try Context(row)
    }

    /// Those of some ids that are taken.
    static func taken(_ ids: [Context.ID], _ tenant: TenantID, _ tx: ReadTransaction) throws -> Set<String> {
        var taken: Set<String> = []
        for id in ids
        where try tx.first(
            "SELECT 1 AS one FROM context WHERE tenant_id = $1 AND context_id = $2",
            [.text(tenant.rawValue), .text(id.rawValue)]
        ) != nil {
            taken.insert(id.rawValue)
        }
        return taken
    }

    /// The contexts of a page, and one more when there are more.
    static func list(_ filter: ContextFilter, _ tenant: TenantID, _ tx: ReadTransaction) throws -> [Context] {
        var query = ContextQuery(filter, tenant, tx.dialect)
        if let after = filter.after {
            query.require("\(query.sequence) \(filter.isAscending ? ">" : "<") \(query.add(StoreValue(after)))")
        }
        let order = filter.isAscending ? "ASC" : "DESC"
        let limit = query.add(StoreValue(filter.limit + 1))
        let text = "SELECT \(shown) \(query.text) ORDER BY \(query.sequence) \(order) LIMIT \(limit)"
        return try tx.query(text, query.values).map { try Context($0) }
    }

    /// How many contexts a list shows in all.
    static func count(_ filter: ContextFilter, _ tenant: TenantID, _ tx: ReadTransaction) throws -> Int {
        let query = ContextQuery(filter, tenant, tx.dialect)
        return Int(try tx.first("SELECT count(*) AS total \(query.text)", query.values)?.integer("total") ?? 0)
    }

    /// Contexts whose time to be removed has come.
    static func due(at now: Timestamp, limit: Int, _ tx: ReadTransaction) throws -> [(tenant: TenantID, id: Context.ID)]
    {
        try tx.query(
            "SELECT tenant_id, context_id FROM context WHERE clean_up_at <= $1 ORDER BY clean_up_at LIMIT $2",
            [.time(now), StoreValue(limit)]
        )
        .map {
            (TenantID(rawValue: try $0.text("tenant_id")), Context.ID(unchecked: try $0.text("context_id")))
        }
    }

    /// What all contexts of a tenant come to.
    static func statistics(_ tenant: TenantID, _ tx: ReadTransaction) throws -> ContextStatistics {
        let rows = try tx.query(
            """
            SELECT status, count(*) AS contexts, sum(participant_count) AS participants, max(participant_count) AS most
            FROM context WHERE tenant_id = $1 GROUP BY status
            """,
            [.text(tenant.rawValue)]
        )
        var statistics = ContextStatistics()
        for row in rows {
            statistics.add(
                ContextStatus(rawValue: try row.text("status")) ?? .terminated,
                contexts: Int(try row.integer("contexts")),
                participants: Int(try row.integer("participants")),
                most: Int(try row.integer("most"))
            )
        }
        return statistics
    }
}

extension StoreValue {
    /// A moment, or null for nil.
    static func time(_ time: Timestamp?) -> StoreValue { StoreValue(time.map { Int64($0.milliseconds) }) }
}

extension Row {
    /// The moment in a column that is never null.
    func time(_ column: String) throws(HeddleError) -> Timestamp { Timestamp(milliseconds: Int(try integer(column))) }

    /// The moment in a column, or nil for null.
    func timeIfPresent(_ column: String) throws(HeddleError) -> Timestamp? {
        try integerIfPresent(column).map { Timestamp(milliseconds: Int($0)) }
    }
}

extension Context {
    fileprivate init(_ row: Row) throws(HeddleError) {
        self.init(
            id: ID(unchecked: try row.text("context_id")),
            sequence: Int(try row.integer("sequence")),
            status: ContextStatus(rawValue: try row.text("status")) ?? .terminated,
            version: Int(try row.integer("version")),
            participantCount: Int(try row.integer("participant_count")),
            sessionCount: Int(try row.integer("session_count")),
            maxParticipants: Int(try row.integer("max_participants")),
            maxSessions: Int(try row.integer("max_sessions")),
            createdAt: try row.time("created_at"),
            updatedAt: try row.time("updated_at"),
            lastActivityAt: try row.time("last_activity_at"),
            expiresAt: try row.timeIfPresent("expires_at"),
            joinToken: try row.text("join_token"),
            attributesText: try row.text("attributes")
        )
    }
}

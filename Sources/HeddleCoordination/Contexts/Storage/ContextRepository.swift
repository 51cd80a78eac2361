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
        /// The labels by their numbers.
        fileprivate let labels: Set<Int64>
        fileprivate let metadata: [UInt8]

        init(_ context: Context, _ attributes: ContextAttributes, _ tenant: TenantID) throws(HeddleError) {
            self.context = context
            type = attributes.type.rawValue
            ownerID = attributes.owner.id
            cleanUpAt = context.cleanUpAt(attributes.configuration)
            searchText = attributes.searchText
            labels = ContextLabelRepository.numbers(try ContextLabel.all(attributes.metadata), tenant)
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
    private static let insertSQLite = RowInsert(into: "context", columns: columns + ["sequence"], key: "sequence")
    private static let insertPostgres = RowInsert(
        into: "context",
        columns: columns.map { ($0, nil) } + [("labels", "JSONB")],
        key: "sequence"
    )

    // MARK: Writing

    /// Inserts contexts whose ids are free.
    static func insert(_ contexts: [Prepared], _ tenant: TenantID, _ tx: WriteTransaction) throws {
        switch tx.dialect {
        case .postgres: try insertPostgres.run(contexts.map { row($0, tenant, numbered: nil) }, tx)
        case .sqlite:
            let numbered = Array(zip(try takeNumbers(contexts.count, tx)..., contexts))
            try insertSQLite.run(numbered.map { row($1, tenant, numbered: $0) }, tx)
            try ContextLabelRepository.insert(numbered.map { ($0, $1.labels) }, tx)
            try ContextSearchRepository.insert(numbered.map { ($0, $1.searchText) }, tx)
        }
    }

    /// Takes numbers that no context ever had.
    ///
    /// - Returns: The first of them.
    private static func takeNumbers(_ count: Int, _ tx: WriteTransaction) throws -> Int64 {
        let last = try tx.first("SELECT last FROM context_number WHERE only = 1")?.integer("last") ?? 0
        try tx.execute("UPDATE context_number SET last = $1 WHERE only = 1", [.integer(last + Int64(count))])
        return last + 1
    }

    /// The values of a row, with its number where the database does not give it one.
    private static func row(_ prepared: Prepared, _ tenant: TenantID, numbered number: Int64?) -> [StoreValue] {
        let context = prepared.context
        return [
            .text(tenant.rawValue), .text(context.id.rawValue), .text(prepared.type), .text(context.status.rawValue),
            .text(prepared.ownerID), StoreValue(context.version), StoreValue(context.participantCount),
            StoreValue(context.sessionCount), StoreValue(context.maxParticipants), StoreValue(context.maxSessions),
            .time(context.createdAt), .time(context.updatedAt), .time(context.lastActivityAt),
            .time(context.expiresAt), .time(prepared.cleanUpAt), .text(context.joinToken),
            .text(context.attributesText), .text(prepared.searchText),
            number.map { .integer($0) } ?? .text(String(decoding: prepared.metadata, as: UTF8.self)),
        ]
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
            try replaceFindings(of: new, old, &changes, tx)
        }
        try changes.update("context", "sequence", StoreValue(context.sequence), tx)
    }

    /// Changes what a context is found by.
    private static func replaceFindings(
        of new: Prepared,
        _ old: Prepared,
        _ changes: inout RowChanges,
        _ tx: WriteTransaction
    ) throws {
        switch tx.dialect {
        case .postgres:
            guard new.metadata != old.metadata else { return }
            changes.set("labels", .text(String(decoding: new.metadata, as: UTF8.self)), cast: "JSONB")
        case .sqlite:
            let sequence = Int64(new.context.sequence)
            try ContextLabelRepository.delete(old.labels.subtracting(new.labels), of: sequence, tx)
            try ContextLabelRepository.insert([(sequence, new.labels.subtracting(old.labels))], tx)
            guard new.searchText != old.searchText else { return }
            try ContextSearchRepository.delete(sequence, tx)
            try ContextSearchRepository.insert([(sequence, new.searchText)], tx)
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
    static func delete(_ context: Context, _ tenant: TenantID, _ tx: WriteTransaction) throws {
        if tx.dialect == .sqlite {
            let labels = try ContextLabel.all(context.attributes().metadata)
            let sequence = Int64(context.sequence)
            try ContextLabelRepository.delete(ContextLabelRepository.numbers(labels, tenant), of: sequence, tx)
            try ContextSearchRepository.delete(sequence, tx)
        }
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
        let plan = try ContextPlan(filter, tenant, tx)
        var (found, after, size): ([Context], Int?, Int) = ([], filter.after, filter.limit + 1)
        while true {
            let (contexts, next) = try plan.page(after: after, size: size, tx)
            found += contexts
            guard found.count <= filter.limit, let next else { return Array(found.prefix(filter.limit + 1)) }
            after = next
            size = min(size * 4, 1024)
        }
    }

    /// How many contexts a list shows in all.
    ///
    /// Labels are counted by their numbers and not held against what they say, as a page's are.
    static func count(_ filter: ContextFilter, _ tenant: TenantID, _ tx: ReadTransaction) throws -> Int {
        try ContextPlan(filter, tenant, tx).count(tx)
    }

    /// The contexts that a query selects.
    static func read(_ query: String, _ values: [StoreValue], _ tx: ReadTransaction) throws -> [Context] {
        try tx.query("SELECT \(shown) " + query, values).map { try Context($0) }
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
        var statistics = ContextStatistics()
        let values = [.text(tenant.rawValue)] + ContextStatus.allCases.map { StoreValue.text($0.rawValue) }
        for row in try tx.query(statisticsText, values) {
            // There is none in this state.
            guard let most = try row.integerIfPresent("most") else { continue }
            statistics.add(
                ContextStatus(rawValue: try row.text("status")) ?? .terminated,
                contexts: Int(try row.integer("contexts")),
                participants: Int(try row.integer("participants")),
                most: Int(most)
            )
        }
        return statistics
    }

    /// Adds one state up after the other: all of them in groups take twice the time on SQLite.
    private static let statisticsText = ContextStatus.allCases.indices
        .map { index in
            """
            SELECT CAST($\(index + 2) AS TEXT) AS status, count(*) AS contexts, sum(participant_count) AS participants,
            max(participant_count) AS most FROM context WHERE tenant_id = $1 AND status = $\(index + 2)
            """
        }
        .joined(separator: " UNION ALL ")
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

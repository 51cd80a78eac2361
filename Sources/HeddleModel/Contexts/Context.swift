/// A place where agents, people and services work together: who takes part, for how long, and what they know.
package struct Context: Sendable {
    /// Names one context.
    package struct ID: Identifier {
        package let rawValue: String

        package init(unchecked rawValue: String) { self.rawValue = rawValue }
    }

    package let id: ID
    /// The place of the context in the order in which contexts came; zero before it is stored.
    package var sequence: Int
    package var status: ContextStatus
    /// Counts the changes of the context itself; participants and sessions that come and go do not count.
    package var version: Int
    package var participantCount: Int
    /// Sessions that are open.
    package var sessionCount: Int
    package private(set) var maxParticipants: Int
    package private(set) var maxSessions: Int
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    package var lastActivityAt: Timestamp
    /// When its time is over; nil for one that is persistent.
    package private(set) var expiresAt: Timestamp?
    /// What lets somebody in whose context is for invited ones.
    package let joinToken: String
    /// The attributes as an object of JSON: a list shows many contexts whose attributes nobody looks into.
    package private(set) var attributesText: String

    /// A new context that is active at once.
    package init(id: ID = ID(), attributes: ContextAttributes, joinToken: String = ID().rawValue, at now: Timestamp) {
        self.init(
            id: id,
            status: .active,
            version: 1,
            createdAt: now,
            updatedAt: now,
            lastActivityAt: now,
            joinToken: joinToken
        )
        set(attributes)
    }

    /// A context as it is stored.
    package init(
        id: ID,
        sequence: Int = 0,
        status: ContextStatus,
        version: Int,
        participantCount: Int = 0,
        sessionCount: Int = 0,
        maxParticipants: Int = 0,
        maxSessions: Int = 0,
        createdAt: Timestamp,
        updatedAt: Timestamp,
        lastActivityAt: Timestamp,
        expiresAt: Timestamp? = nil,
        joinToken: String,
        attributesText: String = "{}"
    ) {
        self.id = id
        self.sequence = sequence
        self.status = status
        self.version = version
        self.participantCount = participantCount
        self.sessionCount = sessionCount
        self.maxParticipants = maxParticipants
        self.maxSessions = maxSessions
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.lastActivityAt = lastActivityAt
        self.expiresAt = expiresAt
        self.joinToken = joinToken
        self.attributesText = attributesText
    }

    /// What the client said of it.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when the stored text is not one that Heddle wrote.
    package func attributes() throws(HeddleError) -> ContextAttributes {
        let fields = try JSONFields(parsing: Array(attributesText.utf8), code: .internalError)
        return try ContextAttributes(fields, ownedBy: "")
    }

    /// Who sees the context and who joins it, without reading the rest.
    ///
    /// - Throws: ``HeddleError`` as ``attributes()``.
    package func access() throws(HeddleError) -> ContextAttributes.Access {
        let fields = try JSONFields(parsing: Array(attributesText.utf8), code: .internalError)
        return try ContextAttributes.Access(fields.fieldsIfPresent("access_control"))
    }

    /// Takes other attributes, and the bounds that are in them.
    package mutating func set(_ attributes: ContextAttributes) {
        let configuration = attributes.configuration
        attributesText = String(decoding: attributes.bytes, as: UTF8.self)
        maxParticipants = configuration.maxParticipants
        maxSessions = configuration.maxSessions
        expiresAt =
            switch configuration.persistence {
            case .persistent: nil
            case .session: Timestamp(milliseconds: createdAt.milliseconds + configuration.timeoutMilliseconds)
            }
    }

    /// When an expired context of these attributes is removed by itself; nil when it is not.
    package func cleanUpAt(_ configuration: ContextAttributes.Configuration) -> Timestamp? {
        guard configuration.autoCleanup, let expiresAt else { return nil }
        return Timestamp(milliseconds: expiresAt.milliseconds + configuration.cleanupDelayMilliseconds)
    }

    /// Refuses what only a context takes that goes on.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` when it is over, `contextExpired` when its time is.
    package func requireOpen(at now: Timestamp) throws(HeddleError) {
        switch status {
        case .creating, .active, .paused: break
        case .terminating, .terminated:
            throw HeddleError(
                .invalidStateTransition,
                "the context is over",
                details: ["context_id": id.rawValue, "status": status.rawValue]
            )
        }
        guard let expiresAt, expiresAt <= now else { return }
        throw HeddleError(
            .contextExpired,
            "the context's time is over",
            details: ["context_id": id.rawValue, "expires_at": expiresAt.description]
        )
    }

    /// Refuses what only a context takes that nobody has paused.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` or `contextExpired`.
    package func requireActive(at now: Timestamp) throws(HeddleError) {
        try requireOpen(at: now)
        guard status == .active else {
            throw HeddleError(
                .invalidStateTransition,
                "the context is \(status.rawValue)",
                details: ["context_id": id.rawValue, "status": status.rawValue]
            )
        }
    }
}

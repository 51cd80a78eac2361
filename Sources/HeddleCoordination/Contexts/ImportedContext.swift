import HeddleModel
import JSON

/// A context of a line of an import, ready to be stored.
struct ImportedContext: Sendable {
    let prepared: ContextRepository.Prepared
    private(set) var participants: [Participant] = []
    private(set) var sessions: [ContextSession] = []
    private(set) var metadata: [MetadataItem] = []
    private(set) var state: SharedState?

    var id: Context.ID { prepared.context.id }

    /// What a line of an export has besides its context, which is checked like every body that comes from outside.
    private static let schema = OwnSchema(
        "ContextExportLine",
        open([
            .init(
                name: "participants",
                value: list(["agent_id": ParticipantAttributes.agent], ParticipantAttributes.members)
            ),
            .init(name: "sessions", value: list(["name": SessionAttributes.name], SessionAttributes.members)),
            .init(
                name: "metadata",
                value: list(
                    ["key": Shape.adding(["minLength": 1, "maxLength": 255], to: Shape.text), "value": [:]],
                    MetadataItem.Draft.members,
                    most: ContextMetadataRepository.mostItems
                )
            ),
            .init(name: "state", value: open(required: ["document": [:]], stamps)),
        ])
    )
    private static let stamps: [JSONObject.Member] = [
        .init(name: "version", value: Shape.integer(1...Int(Int32.max))),
        .init(name: "updated_by", value: Shape.adding(["maxLength": 255], to: Shape.text)),
    ]

    private static func list(
        _ required: KeyValuePairs<String, JSONValue>,
        _ optional: [JSONObject.Member],
        most: Int = ContextAttributes.mostParticipants
    ) -> JSONValue {
        Shape.list(open(required: required, optional + stamps), most: most)
    }

    /// An object that may have members which are of no use here.
    private static func open(
        required: KeyValuePairs<String, JSONValue> = [:],
        _ optional: [JSONObject.Member]
    ) -> JSONValue {
        Shape.adding(["additionalProperties": true], to: Shape.object(required: required, optional: optional))
    }

    /// Reads a line: what a client sends to create a context, or what an export wrote.
    ///
    /// - Throws: ``HeddleError`` with `malformedJSON` or `invalidRequest`.
    init(_ line: [UInt8], ownedBy principal: String, of tenant: TenantID, at now: Timestamp) throws(HeddleError) {
        let whole = try JSONFields(parsing: line, code: .invalidRequest)
        let exported = try whole.fieldsIfPresent("context")
        let fields = exported ?? whole
        try ContextAttributes.importSchema.check(fields.view, .invalidRequest, "the context is not what it should be")
        let attributes = try ContextAttributes(fields, ownedBy: principal)
        var context = Context(
            id: try Self.id(fields, "context_id"),
            attributes: attributes,
            at: try Self.time(fields, "created_at") ?? now
        )
        context.status = try fields.choice("status", default: .active)
        guard [.active, .paused, .terminated].contains(context.status) else {
            throw fields.error("'status' is active, paused or terminated")
        }
        context.version = max(1, try fields.integerIfPresent("version") ?? 1)
        context.updatedAt = try Self.time(fields, "updated_at") ?? context.createdAt
        context.lastActivityAt = try Self.time(fields, "last_activity_at") ?? context.updatedAt
        if exported != nil {
            try Self.schema.check(whole.view, .invalidRequest, "what is with the context is not what it should be")
            participants = try Self.list(whole, "participants")
                .map { (one) throws(HeddleError) in
                    try Self.participant(one, now)
                }
            sessions = try Self.list(whole, "sessions").map { (one) throws(HeddleError) in try Self.session(one, now) }
            metadata = try Self.list(whole, "metadata")
                .map { (one) throws(HeddleError) in
                    try Self.item(one, principal, now)
                }
            state = try Self.state(whole, principal, now)
        }
        context.participantCount = participants.count
        context.sessionCount = sessions.count(where: \.status.isOpen)
        guard context.participantCount <= context.maxParticipants, context.sessionCount <= context.maxSessions else {
            throw HeddleError(.contextFull, "the line has more participants or sessions than its context has room for")
        }
        guard context.status != .terminated || context.participantCount + context.sessionCount == 0 else {
            throw HeddleError(.invalidStateTransition, "nobody takes part in a context that is over")
        }
        guard Self.differ(participants.map(\.agentID)), Self.differ(participants.map(\.id.rawValue)) else {
            throw HeddleError(.participantExists, "an agent takes part twice")
        }
        guard Self.differ(sessions.map(\.id.rawValue)), Self.differ(metadata.map(\.name)) else {
            throw HeddleError(.invalidRequest, "a session or a metadata item is there twice")
        }
        guard metadata.allSatisfy({ $0.name.utf8.count <= 255 }) else {
            throw HeddleError(.invalidRequest, "the key of a metadata item has more than 255 bytes")
        }
        prepared = try ContextRepository.Prepared(context, attributes, tenant)
    }

    /// Whether no text is there twice; by bytes, as the store compares them.
    private static func differ(_ texts: [String]) -> Bool {
        Set(texts.map { Array($0.utf8) }).count == texts.count
    }

    /// The moments that a line may name, in milliseconds: what is added to them stays a date of four digits.
    private static let times = 0...32_503_680_000_000

    private static func id<ID: Identifier>(_ fields: JSONFields, _ name: String) throws(HeddleError) -> ID {
        guard let text = try fields.stringIfPresent(name) else { return ID() }
        guard let id = ID(rawValue: text) else { throw fields.error("'\(name)' is a UUID of version 4 in lower case") }
        return id
    }

    private static func time(_ fields: JSONFields, _ name: String) throws(HeddleError) -> Timestamp? {
        guard let text = try fields.stringIfPresent(name) else { return nil }
        guard let time = Timestamp(parsing: text), times.contains(time.milliseconds) else {
            throw fields.error("'\(name)' is a time from 1970 to 2999 such as 2026-01-31T12:00:00Z")
        }
        return time
    }

    private static func list(_ fields: JSONFields, _ name: String) throws(HeddleError) -> [JSONFields] {
        var result: [JSONFields] = []
        guard let list = fields.view(name) else { return [] }
        for element in list.elements {
            result.append(try JSONFields(element, code: .invalidRequest, path: name))
        }
        return result
    }

    private static func participant(_ fields: JSONFields, _ now: Timestamp) throws(HeddleError) -> Participant {
        let joined = try time(fields, "joined_at") ?? now
        return Participant(
            id: try id(fields, "participant_id"),
            agentID: try fields.string("agent_id").clipped(255),
            attributes: try ParticipantAttributes(fields),
            status: try fields.choice("status", default: ParticipantStatus.active) == .inactive ? .inactive : .active,
            version: max(1, try fields.integerIfPresent("version") ?? 1),
            joinedAt: joined,
            lastActivityAt: try time(fields, "last_activity_at") ?? joined
        )
    }

    private static func session(_ fields: JSONFields, _ now: Timestamp) throws(HeddleError) -> ContextSession {
        let created = try time(fields, "created_at") ?? now
        return ContextSession(
            id: try id(fields, "session_id"),
            attributes: try SessionAttributes(fields),
            status: try fields.choice("status", default: .active),
            version: max(1, try fields.integerIfPresent("version") ?? 1),
            createdAt: created,
            startedAt: try time(fields, "started_at") ?? created,
            completedAt: try time(fields, "completed_at"),
            lastActivityAt: try time(fields, "last_activity_at") ?? created
        )
    }

    private static func item(
        _ fields: JSONFields,
        _ principal: String,
        _ now: Timestamp
    ) throws(HeddleError) -> MetadataItem {
        let draft = try MetadataItem.Draft(fields)
        return MetadataItem(
            name: try fields.string("key"),
            value: draft.value,
            type: draft.type,
            summary: draft.summary,
            access: draft.access,
            version: max(1, try fields.integerIfPresent("version") ?? 1),
            updatedAt: try time(fields, "updated_at") ?? now,
            updatedBy: try fields.stringIfPresent("updated_by") ?? principal
        )
    }

    private static func state(
        _ fields: JSONFields,
        _ principal: String,
        _ now: Timestamp
    ) throws(HeddleError) -> SharedState? {
        guard let state = try fields.fieldsIfPresent("state"), let document = state.view("document") else { return nil }
        return SharedState(
            try StateChange.document(document.compactBytes),
            version: max(1, try state.integerIfPresent("version") ?? 1),
            updatedAt: try time(state, "updated_at") ?? now,
            updatedBy: try state.stringIfPresent("updated_by") ?? principal
        )
    }
}

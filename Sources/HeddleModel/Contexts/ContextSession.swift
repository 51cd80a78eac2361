package import JSON

/// A stretch of work inside of a context, with some of its participants.
package struct ContextSession: Sendable {
    /// Names one session.
    package struct ID: Identifier {
        package let rawValue: String

        package init(unchecked rawValue: String) { self.rawValue = rawValue }
    }

    package let id: ID
    package var attributes: SessionAttributes
    package var status: SessionStatus
    package var version: Int
    package let createdAt: Timestamp
    package var startedAt: Timestamp?
    package var completedAt: Timestamp?
    package var lastActivityAt: Timestamp

    /// Takes a session as it is stored, or one that begins.
    package init(
        id: ID,
        attributes: SessionAttributes,
        status: SessionStatus = .active,
        version: Int = 1,
        createdAt: Timestamp,
        startedAt: Timestamp?,
        completedAt: Timestamp? = nil,
        lastActivityAt: Timestamp
    ) {
        self.id = id
        self.attributes = attributes
        self.status = status
        self.version = version
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.completedAt = completedAt
        self.lastActivityAt = lastActivityAt
    }

    /// When it fails by itself; nil when it is over or has no longest duration.
    package var endsAt: Timestamp? {
        guard status.isOpen, let longest = attributes.maxDurationMilliseconds, let startedAt else { return nil }
        return Timestamp(milliseconds: startedAt.milliseconds + longest)
    }

    /// Writes the session as clients see it.
    package func write(to writer: inout JSONWriter, in context: Context.ID) {
        writer.beginObject()
        writer.name("session_id")
        writer.string(id.rawValue)
        writer.name("context_id")
        writer.string(context.rawValue)
        attributes.write(to: &writer)
        writer.name("status")
        writer.string(status.rawValue)
        writer.name("version")
        writer.integer(version)
        writer.time("created_at", createdAt)
        writer.time("started_at", startedAt)
        writer.time("completed_at", completedAt)
        writer.time("last_activity_at", lastActivityAt)
        writer.endObject()
    }
}

/// What a client says of a session.
package struct SessionAttributes: Sendable {
    package var name: String
    package var type: String
    package var maxDurationMilliseconds: Int?
    package var persistsState: Bool
    package var isolation: IsolationLevel
    package var autoSaves: Bool
    package var isCompressed: Bool
    /// Participants of the context by their ids, and those of them that are at work now.
    package var participants: [String]
    package var activeParticipants: [String]
    /// An object of the client's own: how it went.
    package var metrics: [UInt8]
}

extension SessionAttributes {
    private static let ids = Shape.adding(
        ["uniqueItems": true],
        to: Shape.list(Shape.adding(["minLength": 36, "maxLength": 36], to: Shape.text), most: 10_000)
    )
    private static let longest = 315_360_000_000

    /// The members that may change.
    package static let members: [JSONObject.Member] = [
        .init(name: "type", value: Shape.adding(["minLength": 1, "maxLength": 128], to: Shape.text)),
        .init(
            name: "configuration",
            value: Shape.object(optional: [
                "max_duration": Shape.integer(1...longest), "persist_state": Shape.flag,
                "isolation_level": Shape.choice(IsolationLevel.self), "auto_save": Shape.flag,
                "compression_enabled": Shape.flag,
            ])
        ),
        .init(name: "participants", value: ids),
        .init(name: "active_participants", value: ids),
        .init(
            name: "metrics",
            value: Shape.object(optional: [
                "duration": ["type": "number"], "message_count": Shape.number, "data_size": Shape.number,
                "average_latency": ["type": "number"],
            ])
        ),
    ]

    /// What names a session.
    package static let name = Shape.adding(["minLength": 1, "maxLength": 255], to: Shape.text)

    /// A session that is to begin.
    package static let schema = OwnSchema("SessionBody", Shape.object(required: ["name": name], optional: members))

    /// Reads an object that satisfies the schema.
    ///
    /// - Throws: ``HeddleError`` that names the member.
    package init(_ fields: JSONFields) throws(HeddleError) {
        name = try fields.string("name")
        type = try fields.stringIfPresent("type") ?? "work"
        let configuration = try fields.fieldsIfPresent("configuration")
        maxDurationMilliseconds = try configuration?.integerIfPresent("max_duration")
        persistsState = try configuration?.boolIfPresent("persist_state") ?? true
        isolation = try configuration?.choiceIfPresent("isolation_level") ?? .shared
        autoSaves = try configuration?.boolIfPresent("auto_save") ?? false
        isCompressed = try configuration?.boolIfPresent("compression_enabled") ?? false
        participants = try fields.strings("participants")
        activeParticipants = try fields.strings("active_participants")
        metrics = try fields.fieldsIfPresent("metrics")?.view.compactBytes ?? []
        guard Set(activeParticipants).isSubset(of: participants) else {
            throw fields.error("'active_participants' are some of 'participants'")
        }
    }

    /// Writes the members of the wire that say the same.
    package func write(to writer: inout JSONWriter) {
        writer.name("name")
        writer.string(name)
        writer.name("type")
        writer.string(type)
        writer.name("configuration")
        writer.beginObject()
        if let maxDurationMilliseconds {
            writer.name("max_duration")
            writer.integer(maxDurationMilliseconds)
        }
        writer.name("persist_state")
        writer.bool(persistsState)
        writer.name("isolation_level")
        writer.string(isolation.rawValue)
        writer.name("auto_save")
        writer.bool(autoSaves)
        writer.name("compression_enabled")
        writer.bool(isCompressed)
        writer.endObject()
        writer.name("participants")
        writer.strings(participants)
        writer.name("active_participants")
        writer.strings(activeParticipants)
        guard !metrics.isEmpty else { return }
        writer.name("metrics")
        writer.raw(metrics[...])
    }

    /// The attributes as an object of their own, which is how they are stored.
    package var bytes: [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        write(to: &writer)
        writer.endObject()
        return writer.bytes
    }
}

package import JSON

/// An agent, a person or a program that takes part in a context.
package struct Participant: Sendable {
    /// Names one participant.
    package struct ID: Identifier {
        package let rawValue: String

        package init(unchecked rawValue: String) { self.rawValue = rawValue }
    }

    package let id: ID
    /// Who it is; an agent takes part in a context once at a time.
    package let agentID: String
    package var attributes: ParticipantAttributes
    package var status: ParticipantStatus
    package var version: Int
    package let joinedAt: Timestamp
    package var lastActivityAt: Timestamp
    package var leftAt: Timestamp?

    /// Takes a participant as it is stored, or one that joins.
    package init(
        id: ID,
        agentID: String,
        attributes: ParticipantAttributes,
        status: ParticipantStatus = .active,
        version: Int = 1,
        joinedAt: Timestamp,
        lastActivityAt: Timestamp,
        leftAt: Timestamp? = nil
    ) {
        self.id = id
        self.agentID = agentID
        self.attributes = attributes
        self.status = status
        self.version = version
        self.joinedAt = joinedAt
        self.lastActivityAt = lastActivityAt
        self.leftAt = leftAt
    }

    /// Writes the participant as clients see it.
    package func write(to writer: inout JSONWriter, in context: Context.ID) {
        writer.beginObject()
        writer.name("participant_id")
        writer.string(id.rawValue)
        writer.name("agent_id")
        writer.string(agentID)
        writer.name("context_id")
        writer.string(context.rawValue)
        attributes.write(to: &writer)
        writer.name("permissions")
        writer.strings(ParticipantPermissions.of(roles: attributes.roles))
        writer.name("status")
        writer.string(status.rawValue)
        writer.name("version")
        writer.integer(version)
        writer.time("joined_at", joinedAt)
        writer.time("last_activity_at", lastActivityAt)
        if let leftAt { writer.time("left_at", leftAt) }
        writer.endObject()
    }
}

/// What a client says of a participant.
package struct ParticipantAttributes: Sendable {
    package var type: ParticipantType
    package var displayName: String?
    package var roles: [String]
    package var capabilities: [String]
    /// Objects of the client's own, byte for byte: how it works, what it did, and whatever else.
    package var configuration: [UInt8]
    package var activity: [UInt8]
    package var metadata: [UInt8]
}

extension ParticipantAttributes {
    private static let word = Shape.adding(["minLength": 1, "maxLength": 128], to: Shape.text)
    private static let words = Shape.adding(["uniqueItems": true], to: Shape.list(word, most: 64))
    private static let count = Shape.integer(0...Int(Int32.max))

    /// The members that may change.
    package static let members: [JSONObject.Member] = [
        .init(name: "participant_type", value: Shape.choice(ParticipantType.self)),
        .init(name: "display_name", value: Shape.adding(["maxLength": 255], to: Shape.text)),
        .init(name: "roles", value: words),
        .init(name: "capabilities", value: words),
        .init(
            name: "configuration",
            value: Shape.object(optional: [
                "max_concurrent_tasks": count, "timeout_ms": count, "retry_policy": ["type": "object"],
                "notification_preferences": Shape.object(optional: [
                    "email": Shape.flag, "push": Shape.flag, "in_app": Shape.flag,
                ]),
            ])
        ),
        .init(
            name: "activity",
            value: Shape.object(optional: [
                "total_tasks": count, "completed_tasks": count, "failed_tasks": count,
                "average_response_time": ["type": "number", "minimum": 0],
            ])
        ),
        .init(name: "metadata", value: ["type": "object"]),
    ]

    /// What names an agent.
    package static let agent = Shape.adding(["minLength": 1, "maxLength": 255], to: Shape.text)

    /// Somebody who wants to join.
    package static let schema = OwnSchema(
        "ParticipantBody",
        Shape.object(
            required: ["agent_id": agent],
            optional: members + [.init(name: "join_token", value: Shape.text)]
        )
    )

    /// Largest object of a client's own, in bytes.
    private static let largest = 16 << 10

    /// Reads an object that satisfies the schema.
    ///
    /// - Throws: ``HeddleError`` that names the member.
    package init(_ fields: JSONFields) throws(HeddleError) {
        type = try fields.choice("participant_type", default: .agent)
        displayName = try fields.stringIfPresent("display_name")
        roles = try fields.strings("roles")
        capabilities = try fields.strings("capabilities")
        configuration = try Self.object("configuration", fields)
        activity = try Self.object("activity", fields)
        metadata = try Self.object("metadata", fields)
    }

    private static func object(_ name: String, _ fields: JSONFields) throws(HeddleError) -> [UInt8] {
        guard let object = try fields.fieldsIfPresent(name) else { return [] }
        guard object.view.bytes.count <= largest else { throw object.error("'\(name)' has more than \(largest) bytes") }
        return object.view.compactBytes
    }

    /// Writes the members of the wire that say the same.
    package func write(to writer: inout JSONWriter) {
        writer.name("participant_type")
        writer.string(type.rawValue)
        if let displayName {
            writer.name("display_name")
            writer.string(displayName)
        }
        writer.name("roles")
        writer.strings(roles)
        writer.name("capabilities")
        writer.strings(capabilities)
        for (name, object) in [("configuration", configuration), ("activity", activity), ("metadata", metadata)]
        where !object.isEmpty {
            writer.name(name)
            writer.raw(object[...])
        }
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

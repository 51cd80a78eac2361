package import JSON

/// What a client says of a context, as opposed to what happens to it.
package struct ContextAttributes: Sendable {
    package var name: String
    package var type: ContextType
    package var summary: String?
    package var configuration: Configuration
    package var owner: Owner
    package var metadata: Metadata
    package var access: Access

    /// The bounds and habits of a context.
    package struct Configuration: Sendable, Hashable {
        package var maxParticipants = 10
        package var maxSessions = 5
        package var timeoutMilliseconds = 3_600_000
        package var persistence = PersistenceLevel.session
        package var isolation = IsolationLevel.shared
        package var autoCleanup = true
        package var cleanupDelayMilliseconds = 300_000
    }

    /// Whose context it is.
    package struct Owner: Sendable, Hashable {
        package var id: String
        package var type: OwnerType
        package var permissions: [String]
    }

    /// What describes a context and finds it.
    package struct Metadata: Sendable {
        package var summary: String?
        package var tags: [String]
        package var category: String?
        package var priority: ContextPriority
        /// An object of the client's own, byte for byte.
        package var customData: [UInt8]
    }

    /// Who sees a context and who joins it.
    package struct Access: Sendable, Hashable {
        package var visibility: ContextVisibility
        package var joinPolicy: JoinPolicy
        /// A participant has all of these.
        package var requiredCapabilities: [String]
        /// A participant has at least one of these, if there are any.
        package var requiredRoles: [String]
    }
}

// MARK: The wire

extension ContextAttributes {
    /// Longest time that a context is given: ten years, in milliseconds.
    private static let longest = 315_360_000_000
    /// Most participants of a context that a client may ask for.
    package static let mostParticipants = 100_000

    private static let label = Shape.adding(["minLength": 1, "maxLength": 128], to: Shape.text)
    private static let labels = Shape.adding(["uniqueItems": true], to: Shape.list(label, most: 64))

    /// What a client sends to create or replace a context.
    package static let schema = OwnSchema("ContextBody", Shape.object(required: required, optional: optional))

    /// The same with an id, a version and what else a line of an import may have.
    package static let importSchema = OwnSchema(
        "ContextImportLine",
        Shape.adding(
            ["additionalProperties": true],
            to: Shape.object(
                required: required,
                optional: optional.map { .init(name: $0.key, value: $0.value) } + [
                    .init(name: "version", value: Shape.integer(1...Int(Int32.max)))
                ]
            )
        )
    )

    private static let required: KeyValuePairs<String, JSONValue> = [
        "name": Shape.adding(["minLength": 1, "maxLength": 255], to: Shape.text),
        "type": Shape.choice(ContextType.self),
    ]

    private static let optional: KeyValuePairs<String, JSONValue> = [
        "description": Shape.adding(["maxLength": 4096], to: Shape.text),
        "configuration": Shape.object(optional: [
            "max_participants": Shape.integer(1...mostParticipants, default: 10),
            "max_sessions": Shape.integer(0...10_000, default: 5),
            "timeout_ms": Shape.integer(1000...longest, default: 3_600_000),
            "persistence_level": Shape.choice(PersistenceLevel.self),
            "isolation_level": Shape.choice(IsolationLevel.self),
            "auto_cleanup": Shape.flag,
            "cleanup_delay_ms": Shape.integer(0...longest, default: 300_000),
        ]),
        "owner": Shape.object(
            required: ["owner_id": Shape.adding(["minLength": 1, "maxLength": 255], to: Shape.text)],
            optional: ["owner_type": Shape.choice(OwnerType.self), "permissions": labels]
        ),
        "metadata": Shape.object(optional: [
            "description": Shape.adding(["maxLength": 4096], to: Shape.text), "tags": labels, "category": label,
            "priority": Shape.choice(ContextPriority.self), "custom_data": ["type": "object"],
        ]),
        "access_control": Shape.object(optional: [
            "visibility": Shape.choice(ContextVisibility.self), "join_policy": Shape.choice(JoinPolicy.self),
            "required_capabilities": labels, "required_roles": labels,
        ]),
    ]

    /// Reads an object that satisfies the schema.
    ///
    /// - Parameters:
    ///   - fields: The object.
    ///   - principal: Who owns the context when the object does not say.
    /// - Throws: ``HeddleError`` that names the member.
    package init(_ fields: JSONFields, ownedBy principal: String) throws(HeddleError) {
        name = try fields.string("name")
        type = try fields.choice("type", default: .collaborative)
        summary = try fields.stringIfPresent("description")
        configuration = try Configuration(fields.fieldsIfPresent("configuration"))
        owner = try Owner(fields.fieldsIfPresent("owner"), principal)
        metadata = try Metadata(fields.fieldsIfPresent("metadata"))
        access = try Access(fields.fieldsIfPresent("access_control"))
    }

    /// The members of the wire's object that say the same, from `name` to `access_control`.
    package func write(to writer: inout JSONWriter) {
        writer.name("name")
        writer.string(name)
        writer.name("type")
        writer.string(type.rawValue)
        if let summary {
            writer.name("description")
            writer.string(summary)
        }
        writer.name("configuration")
        configuration.write(to: &writer)
        writer.name("owner")
        owner.write(to: &writer)
        writer.name("metadata")
        metadata.write(to: &writer)
        writer.name("access_control")
        access.write(to: &writer)
    }

    /// The attributes as an object of their own, which is how they are stored.
    package var bytes: [UInt8] {
        var writer = JSONWriter(capacity: 640)
        writer.beginObject()
        write(to: &writer)
        writer.endObject()
        return writer.bytes
    }
}

extension ContextAttributes.Configuration {
    fileprivate init(_ fields: JSONFields?) throws(HeddleError) {
        self.init()
        guard let fields else { return }
        maxParticipants = try fields.integerIfPresent("max_participants") ?? maxParticipants
        maxSessions = try fields.integerIfPresent("max_sessions") ?? maxSessions
        timeoutMilliseconds = try fields.integerIfPresent("timeout_ms") ?? timeoutMilliseconds
        persistence = try fields.choice("persistence_level", default: persistence)
        isolation = try fields.choice("isolation_level", default: isolation)
        autoCleanup = try fields.boolIfPresent("auto_cleanup") ?? autoCleanup
        cleanupDelayMilliseconds = try fields.integerIfPresent("cleanup_delay_ms") ?? cleanupDelayMilliseconds
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("max_participants")
        writer.integer(maxParticipants)
        writer.name("max_sessions")
        writer.integer(maxSessions)
        writer.name("timeout_ms")
        writer.integer(timeoutMilliseconds)
        writer.name("persistence_level")
        writer.string(persistence.rawValue)
        writer.name("isolation_level")
        writer.string(isolation.rawValue)
        writer.name("auto_cleanup")
        writer.bool(autoCleanup)
        writer.name("cleanup_delay_ms")
        writer.integer(cleanupDelayMilliseconds)
        writer.endObject()
    }
}

extension ContextAttributes.Owner {
    fileprivate init(_ fields: JSONFields?, _ principal: String) throws(HeddleError) {
        id = try fields?.stringIfPresent("owner_id") ?? principal
        type = try fields?.choiceIfPresent("owner_type") ?? .user
        permissions = try fields?.strings("permissions") ?? []
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("owner_id")
        writer.string(id)
        writer.name("owner_type")
        writer.string(type.rawValue)
        writer.name("permissions")
        writer.strings(permissions)
        writer.endObject()
    }
}

extension ContextAttributes.Metadata {
    /// Largest `custom_data`, in bytes; what is larger belongs into the shared state.
    private static let largestCustomData = 16 << 10

    fileprivate init(_ fields: JSONFields?) throws(HeddleError) {
        summary = try fields?.stringIfPresent("description")
        tags = try fields?.strings("tags") ?? []
        category = try fields?.stringIfPresent("category")
        priority = try fields?.choiceIfPresent("priority") ?? .normal
        guard let custom = try fields?.fieldsIfPresent("custom_data") else {
            customData = Array("{}".utf8)
            return
        }
        customData = custom.view.compactBytes
        guard customData.count <= Self.largestCustomData else {
            throw custom.error(
                "'custom_data' has more than \(Self.largestCustomData) bytes; use the shared state for that"
            )
        }
    }

    /// The object as it is sent, stored and searched.
    package var bytes: [UInt8] {
        var writer = JSONWriter(capacity: 160)
        write(to: &writer)
        return writer.bytes
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let summary {
            writer.name("description")
            writer.string(summary)
        }
        writer.name("tags")
        writer.strings(tags)
        if let category {
            writer.name("category")
            writer.string(category)
        }
        writer.name("priority")
        writer.string(priority.rawValue)
        writer.name("custom_data")
        writer.raw(customData[...])
        writer.endObject()
    }
}

extension ContextAttributes.Access {
    init(_ fields: JSONFields?) throws(HeddleError) {
        visibility = try fields?.choiceIfPresent("visibility") ?? .tenant
        joinPolicy = try fields?.choiceIfPresent("join_policy") ?? .open
        requiredCapabilities = try fields?.strings("required_capabilities") ?? []
        requiredRoles = try fields?.strings("required_roles") ?? []
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("visibility")
        writer.string(visibility.rawValue)
        writer.name("join_policy")
        writer.string(joinPolicy.rawValue)
        writer.name("required_capabilities")
        writer.strings(requiredCapabilities)
        writer.name("required_roles")
        writer.strings(requiredRoles)
        writer.endObject()
    }
}

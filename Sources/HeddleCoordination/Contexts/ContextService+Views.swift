package import HeddleModel
import HeddleStore
package import JSON

/// Other ways to see a context.
extension ContextService {
    /// How many participants or sessions are shown with their context.
    private static let mostIncluded = 100

    /// A context with the first of its participants or sessions, as clients see it; further members are written behind.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func whole(
        _ caller: Caller,
        _ id: Context.ID,
        participants: Bool,
        sessions: Bool,
        more: @escaping @Sendable (Context, inout JSONWriter) -> Void
    ) async throws -> (context: Context, bytes: [UInt8]) {
        try await store.read { tx in
            let context = try ContextRepository.find(id, caller.tenant, tx)
            var writer = JSONWriter(capacity: 4096)
            writer.beginObject()
            context.write(to: &writer)
            if participants {
                var filter = ParticipantFilter()
                filter.limit = Self.mostIncluded
                let found = try Self.participants(id, filter, caller.tenant, tx)
                writer.name("participants")
                JSONPage(found, limit: filter.limit, total: context.participantCount, cursor: \.id.rawValue)
                    .write(to: &writer) { participant, writer in participant.write(to: &writer, in: id) }
            }
            if sessions {
                let limit = Self.mostIncluded + 1
                let found = try ContextSessionRepository.list(
                    id,
                    status: nil,
                    after: "",
                    limit: limit,
                    caller.tenant,
                    tx
                )
                writer.name("sessions")
                JSONPage(found, limit: Self.mostIncluded, cursor: \.id.rawValue)
                    .write(to: &writer) { session, writer in session.write(to: &writer, in: id) }
            }
            more(context, &writer)
            writer.endObject()
            return (context, writer.bytes)
        }
    }

    /// How well a context is, as clients see it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func health(_ caller: Caller, _ id: Context.ID) async throws -> [UInt8] {
        ContextHealth(try await context(caller, id), at: clock.now).bytes
    }

    /// The context as an object of the frozen MPLP 1.0 schemas.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func mplp(_ caller: Caller, _ id: Context.ID) async throws -> [UInt8] {
        let context = try await context(caller, id)
        let attributes = try context.attributes()
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.name("meta")
        writer.beginObject()
        writer.name("protocol_version")
        writer.string("1.0.0")
        writer.name("schema_version")
        writer.string("1.0.0")
        writer.time("created_at", context.createdAt)
        writer.name("created_by")
        writer.string(attributes.owner.id)
        writer.time("updated_at", context.updatedAt)
        writer.endObject()
        writer.name("context_id")
        writer.string(id.rawValue)
        writer.name("root")
        writer.beginObject()
        writer.name("domain")
        writer.string(attributes.metadata.category ?? attributes.type.rawValue)
        writer.name("environment")
        writer.string("heddle")
        writer.name("entry_point")
        writer.string("mplp://contexts/\(id)")
        writer.endObject()
        writer.name("title")
        writer.string(attributes.name)
        if let summary = attributes.summary ?? attributes.metadata.summary {
            writer.name("summary")
            writer.string(summary)
        }
        writer.name("status")
        writer.string(context.status.mplpName)
        writer.name("tags")
        writer.strings(attributes.metadata.tags)
        writer.name("constraints")
        writer.beginObject()
        writer.name("max_participants")
        writer.integer(context.maxParticipants)
        writer.name("max_sessions")
        writer.integer(context.maxSessions)
        writer.time("expires_at", context.expiresAt)
        writer.endObject()
        writer.time("created_at", context.createdAt)
        writer.time("updated_at", context.updatedAt)
        writer.endObject()
        return writer.bytes
    }
}

extension ContextStatus {
    /// The state of MPLP 1.0 that says the same.
    fileprivate var mplpName: String {
        switch self {
        case .creating: "draft"
        case .active: "active"
        case .paused: "suspended"
        case .terminating, .terminated: "closed"
        }
    }
}

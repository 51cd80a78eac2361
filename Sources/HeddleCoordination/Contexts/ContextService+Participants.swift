package import HeddleModel
import HeddleStore
import JSON

extension ContextService {
    /// Somebody who wants to join.
    package struct Joining: Sendable {
        package let agentID: String
        package let attributes: ParticipantAttributes
        package let joinToken: String?

        /// Reads an object that satisfies ``ParticipantAttributes/schema``.
        ///
        /// - Throws: ``HeddleError`` that names the member.
        package init(_ fields: JSONFields) throws(HeddleError) {
            agentID = try fields.string("agent_id")
            attributes = try ParticipantAttributes(fields)
            joinToken = try fields.stringIfPresent("join_token")
        }
    }

    /// Which participants a list shows.
    package struct ParticipantFilter: Sendable {
        package var role: String?
        package var status: ParticipantStatus?
        package var type: ParticipantType?
        package var after = ""
        package var limit = 20

        package init() {}

        fileprivate func shows(_ participant: Participant) -> Bool {
            role.map(participant.attributes.roles.contains) ?? true
        }
    }

    /// Lets somebody into a context, or several or none of them.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `contextFull` (with `available_slots` and `requested`),
    ///   `participantExists`, `joinRefused`, `contextExpired`, `invalidStateTransition`.
    package func join(_ caller: Caller, _ id: Context.ID, _ joining: [Joining]) async throws -> [Participant] {
        let now = clock.now
        let participants = joining.map { one in
            Participant(
                id: Participant.ID(),
                agentID: one.agentID,
                attributes: one.attributes,
                joinedAt: now,
                lastActivityAt: now
            )
        }
        try await store.write { tx in
            var context = try ContextRepository.lock(id, caller.tenant, tx)
            try context.requireActive(at: now)
            let access = try context.access()
            for one in joining { try access.admit(one, to: context) }
            try context.requireRoom(for: participants.count)
            try ParticipantRepository.insert(participants, id, caller.tenant, tx)
            context.participantCount += participants.count
            context.lastActivityAt = now
            try ContextRepository.touch(context, tx)
            try ContextEventRepository.append([Self.joined(participants, id)], caller, at: now, tx)
        }
        cache.changed(CollectionOfOne(id), caller.tenant)
        return participants
    }

    private static func joined(_ participants: [Participant], _ id: Context.ID) -> ContextEvent {
        func write(_ participant: Participant, _ writer: inout JSONWriter) {
            writer.name("participant_id")
            writer.string(participant.id.rawValue)
            writer.name("agent_id")
            writer.string(participant.agentID)
            writer.name("participant_type")
            writer.string(participant.attributes.type.rawValue)
        }
        if participants.count == 1 {
            return ContextEvent(.participantJoined, id) { write(participants[0], &$0) }
        }
        return ContextEvent(.participantsJoined, id) { writer in
            writer.name("participants")
            writer.beginArray()
            for participant in participants {
                writer.beginObject()
                write(participant, &writer)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// A participant.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `participantNotFound`.
    package func participant(_ caller: Caller, _ context: Context.ID, _ id: Participant.ID) async throws -> Participant
    {
        try await store.read { tx in
            _ = try ContextRepository.find(context, caller.tenant, tx)
            return try ParticipantRepository.find(id, context, caller.tenant, tx)
        }
    }

    /// A page of participants in the order of their ids, as clients see it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func participants(_ caller: Caller, _ id: Context.ID, _ filter: ParticipantFilter) async throws -> [UInt8] {
        try await store.read { tx in
            let context = try ContextRepository.find(id, caller.tenant, tx)
            let found = try Self.participants(id, filter, caller.tenant, tx)
            let isUnfiltered = filter.role == nil && filter.status == nil && filter.type == nil
            return Self.page(found, of: context, filter.limit, total: isUnfiltered ? context.participantCount : nil)
        }
    }

    static func page(_ participants: [Participant], of context: Context, _ limit: Int, total: Int?) -> [UInt8] {
        JSONPage(participants, limit: limit, total: total, cursor: \.id.rawValue)
            .bytes { participant, writer in participant.write(to: &writer, in: context.id) }
    }

    /// The rows of a page and one more; roles are in no index, so that rows are read until there are enough.
    static func participants(
        _ id: Context.ID,
        _ filter: ParticipantFilter,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> [Participant] {
        let wanted = filter.limit + 1
        var (found, after): ([Participant], String) = ([], filter.after)
        while true {
            let rows = try ParticipantRepository.list(
                id,
                status: filter.status,
                type: filter.type,
                after: after,
                limit: filter.role == nil ? wanted : 500,
                tenant,
                tx
            )
            found += rows.filter(filter.shows)
            guard found.count < wanted, rows.count >= 500, let last = rows.last else {
                return Array(found.prefix(wanted))
            }
            after = last.id.rawValue
        }
    }

    /// Changes some of what is said of a participant, and its status.
    ///
    /// The patch is a merge patch (RFC 7396) of what it joined with, and perhaps `status`. When it replaces, members that
    /// are not there get their defaults, as with PUT.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `participantNotFound`, `versionConflict`, `invalidRequest`,
    ///   `invalidStateTransition`.
    package func updateParticipant(
        _ caller: Caller,
        _ context: Context.ID,
        _ id: Participant.ID,
        merging patch: JSONFields,
        replaces: Bool,
        ifVersion expected: Int?
    ) async throws -> Participant {
        let wanted: ParticipantStatus? = try patch.choiceIfPresent("status")
        let changes = patch.view.members.filter { !$0.name.equals("status") }
        let now = clock.now
        let participant = try await store.write { tx -> Participant in
            var owner = try ContextRepository.lock(context, caller.tenant, tx)
            try owner.requireOpen(at: now)
            var participant = try ParticipantRepository.find(id, context, caller.tenant, tx)
            try participant.requirePresent(in: context)
            try participant.require(version: expected)
            var events: [ContextEvent] = []
            if !changes.isEmpty || replaces {
                let before = replaces ? Array("{}".utf8) : participant.attributes.bytes
                let merged = try JSONMerging.merge(before, with: changes)
                participant.attributes = try ParticipantAttributes(
                    JSONFields(
                        parsing: merged,
                        as: Self.participantSchema,
                        code: .invalidRequest,
                        "the participant would not be what it should be"
                    )
                )
                events.append(Self.event(.participantUpdated, participant, context))
            }
            if let wanted, wanted != participant.status {
                guard wanted != .left, wanted != .leaving else {
                    throw HeddleError(
                        .invalidRequest,
                        "a participant leaves by being removed",
                        details: ["field": "status"]
                    )
                }
                participant.status = try participant.status.transition(to: wanted)
                events.append(Self.event(.participantChanged, participant, context))
            }
            participant.version += 1
            participant.lastActivityAt = now
            owner.lastActivityAt = now
            try ParticipantRepository.update(participant, context, caller.tenant, tx)
            try ContextRepository.touch(owner, hasOtherCounts: false, tx)
            try ContextEventRepository.append(events, caller, at: now, tx)
            return participant
        }
        cache.changed(CollectionOfOne(context), caller.tenant)
        return participant
    }

    /// What a participant has to be after a change.
    private static let participantSchema = OwnSchema(
        "ParticipantAttributes",
        Shape.object(optional: ParticipantAttributes.members)
    )

    private static func event(
        _ kind: ContextEvent.Kind,
        _ participant: Participant,
        _ context: Context.ID
    ) -> ContextEvent {
        ContextEvent(kind, context) { writer in
            writer.name("participant_id")
            writer.string(participant.id.rawValue)
            writer.name("agent_id")
            writer.string(participant.agentID)
            writer.name("status")
            writer.string(participant.status.rawValue)
        }
    }

    /// Makes a participant leave: its tasks are cancelled, what it held is passed on, and its place is free.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `participantNotFound`, `versionConflict`.
    package func removeParticipant(
        _ caller: Caller,
        _ context: Context.ID,
        _ id: Participant.ID,
        ifVersion expected: Int?
    ) async throws {
        let now = clock.now
        try await store.write { tx in
            var owner = try ContextRepository.lock(context, caller.tenant, tx)
            var participant = try ParticipantRepository.find(id, context, caller.tenant, tx)
            try participant.requirePresent(in: context)
            try participant.require(version: expected)
            participant.status = try participant.status.transition(to: .leaving).transition(to: .left)
            participant.version += 1
            participant.leftAt = now
            participant.lastActivityAt = now
            owner.participantCount -= 1
            owner.lastActivityAt = now
            try ParticipantRepository.update(participant, context, caller.tenant, tx)
            try ContextRepository.touch(owner, tx)
            var events = ParticipantRepository.left(id, participant.agentID, context)
            events += try Self.withdraw(id, from: context, caller.tenant, at: now, tx)
            try ContextEventRepository.append(events, caller, at: now, tx)
        }
        cache.changed(CollectionOfOne(context), caller.tenant)
    }
}

extension Participant {
    /// Refuses one that has left, who can only be looked at.
    fileprivate func requirePresent(in context: Context.ID) throws(HeddleError) {
        guard leftAt != nil else { return }
        throw HeddleError(
            .participantNotFound,
            "the participant '\(id)' has left",
            details: ["context_id": context.rawValue, "participant_id": id.rawValue]
        )
    }

    fileprivate func require(version expected: Int?) throws(HeddleError) {
        guard let expected, expected != version else { return }
        throw .versionConflict("the participant", expected: expected, current: version)
    }
}

extension Context {
    /// Refuses more participants than there are places for.
    fileprivate func requireRoom(for count: Int) throws(HeddleError) {
        let available = max(0, maxParticipants - participantCount)
        guard count > available else { return }
        throw HeddleError(
            .contextFull,
            "the context has room for \(available) more and not for \(count)",
            details: [
                "context_id": id.rawValue, "available_slots": String(available), "requested": String(count),
                "max_participants": String(maxParticipants),
            ]
        )
    }
}

extension ContextAttributes.Access {
    /// Refuses those whom the context does not let in.
    fileprivate func admit(_ one: ContextService.Joining, to context: Context) throws(HeddleError) {
        func refuse(_ message: String) -> HeddleError {
            HeddleError(
                .joinRefused,
                message,
                details: ["context_id": context.id.rawValue, "agent_id": one.agentID.clipped(255)]
            )
        }
        switch joinPolicy {
        case .open: break
        case .invitationOnly:
            guard one.joinToken == context.joinToken else {
                throw refuse("the context is for invited ones: 'join_token' is missing or wrong")
            }
        case .closed: throw refuse("the context is closed to others")
        }
        let missing = requiredCapabilities.filter { !one.attributes.capabilities.contains($0) }
        guard missing.isEmpty else {
            throw refuse("a participant needs the capabilities \(missing.joined(separator: ", ").clipped(200))")
        }
        guard requiredRoles.isEmpty || requiredRoles.contains(where: one.attributes.roles.contains) else {
            throw refuse("a participant needs one of the roles \(requiredRoles.joined(separator: ", ").clipped(200))")
        }
    }
}

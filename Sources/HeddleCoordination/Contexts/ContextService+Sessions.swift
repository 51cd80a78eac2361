package import HeddleModel
import HeddleStore
import JSON

extension ContextService {
    /// Begins a session, which is active at once.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `contextFull` (with `available_slots` and `requested`),
    ///   `participantNotFound`, `contextExpired`, `invalidStateTransition`.
    package func beginSession(
        _ caller: Caller,
        _ id: Context.ID,
        _ attributes: SessionAttributes
    ) async throws -> ContextSession {
        let now = clock.now
        let session = ContextSession(
            id: ContextSession.ID(),
            attributes: attributes,
            createdAt: now,
            startedAt: now,
            lastActivityAt: now
        )
        try await store.write { tx in
            var context = try ContextRepository.lock(id, caller.tenant, tx)
            try context.requireActive(at: now)
            guard context.sessionCount < context.maxSessions else {
                throw HeddleError(
                    .contextFull,
                    "the context has \(context.sessionCount) open sessions already",
                    details: [
                        "context_id": id.rawValue, "available_slots": "0", "requested": "1",
                        "max_sessions": String(context.maxSessions),
                    ]
                )
            }
            try Self.check(attributes.participants, id, caller.tenant, tx)
            try ContextSessionRepository.insert(session, id, caller.tenant, tx)
            context.sessionCount += 1
            context.lastActivityAt = now
            try ContextRepository.touch(context, tx)
            let event = Self.event(.sessionCreated, session, id)
            try ContextEventRepository.append([event], caller, at: now, tx)
        }
        cache.changed(CollectionOfOne(id), caller.tenant)
        return session
    }

    /// Refuses those who do not take part.
    private static func check(
        _ participants: [String],
        _ id: Context.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws {
        let present = try ParticipantRepository.present(participants, id, tenant, tx)
        guard let missing = participants.first(where: { !present.contains($0) }) else { return }
        throw HeddleError(
            .participantNotFound,
            "the context has no participant '\(missing.clipped(80))'",
            details: ["context_id": id.rawValue, "participant_id": missing.clipped(80)]
        )
    }

    private static func event(_ kind: ContextEvent.Kind, _ session: ContextSession, _ id: Context.ID) -> ContextEvent {
        ContextEvent(kind, id) { writer in
            writer.name("session_id")
            writer.string(session.id.rawValue)
            writer.name("name")
            writer.string(session.attributes.name)
            writer.name("status")
            writer.string(session.status.rawValue)
        }
    }

    /// A session.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `sessionNotFound`.
    package func session(
        _ caller: Caller,
        _ context: Context.ID,
        _ id: ContextSession.ID
    ) async throws -> ContextSession {
        try await store.read { tx in
            _ = try ContextRepository.find(context, caller.tenant, tx)
            return try ContextSessionRepository.find(id, context, caller.tenant, tx)
        }
    }

    /// A page of sessions in the order of their ids, as clients see it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func sessions(
        _ caller: Caller,
        _ id: Context.ID,
        status: SessionStatus?,
        after: String,
        limit: Int
    ) async throws -> [UInt8] {
        try await store.read { tx in
            _ = try ContextRepository.find(id, caller.tenant, tx)
            let sessions = try ContextSessionRepository.list(
                id,
                status: status,
                after: after,
                limit: limit + 1,
                caller.tenant,
                tx
            )
            return JSONPage(sessions, limit: limit, cursor: \.id.rawValue)
                .bytes { session, writer in session.write(to: &writer, in: id) }
        }
    }

    /// Changes some of what is said of a session, and its status.
    ///
    /// The patch is a merge patch (RFC 7396) of what it began with, and perhaps `status`.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `sessionNotFound`, `participantNotFound`, `versionConflict`,
    ///   `invalidRequest`, `invalidStateTransition`.
    package func updateSession(
        _ caller: Caller,
        _ context: Context.ID,
        _ id: ContextSession.ID,
        merging patch: JSONFields,
        ifVersion expected: Int?
    ) async throws -> ContextSession {
        let wanted: SessionStatus? = try patch.choiceIfPresent("status")
        let changes = patch.view.members.filter { !$0.name.equals("status") }
        let now = clock.now
        let session = try await store.write { tx -> ContextSession in
            var owner = try ContextRepository.lock(context, caller.tenant, tx)
            try owner.requireOpen(at: now)
            var session = try ContextSessionRepository.find(id, context, caller.tenant, tx)
            if let expected, expected != session.version {
                throw HeddleError.versionConflict("the session", expected: expected, current: session.version)
            }
            var events: [ContextEvent] = []
            if !changes.isEmpty {
                try Self.take(changes, &session, context, caller.tenant, tx)
                events.append(Self.event(.sessionUpdated, session, context))
            }
            if let wanted, wanted != session.status {
                try session.become(wanted, at: now, in: &owner)
                events.append(Self.event(.sessionChanged, session, context))
            }
            session.version += 1
            session.lastActivityAt = now
            owner.lastActivityAt = now
            try ContextSessionRepository.update(session, context, caller.tenant, tx)
            try ContextRepository.touch(owner, tx)
            try ContextEventRepository.append(events, caller, at: now, tx)
            return session
        }
        cache.changed(CollectionOfOne(context), caller.tenant)
        return session
    }

    private static func take(
        _ changes: [(name: JSONView, value: JSONView)],
        _ session: inout ContextSession,
        _ context: Context.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws {
        guard session.status.isOpen else {
            throw HeddleError(
                .invalidStateTransition,
                "the session is over and changes no more",
                details: ["session_id": session.id.rawValue, "status": session.status.rawValue]
            )
        }
        let (known, active) = (Set(session.attributes.participants), Set(session.attributes.activeParticipants))
        session.attributes = try SessionAttributes(
            JSONFields(
                parsing: JSONMerging.merge(session.attributes.bytes, with: changes),
                as: SessionAttributes.schema,
                code: .invalidRequest,
                "the session would not be what it should be"
            )
        )
        // One that left stays named, and is at work no more.
        let named = session.attributes.participants.filter { !known.contains($0) }
        let working = session.attributes.activeParticipants.filter { !active.contains($0) }
        try check(named + working, context, tenant, tx)
    }

    /// Takes one that leaves out of those who are at work in the sessions of a context that is locked; that it was in them
    /// stays known.
    ///
    /// - Returns: The events that tell of it.
    static func withdraw(
        _ participant: Participant.ID,
        from context: Context.ID,
        _ tenant: TenantID,
        at now: Timestamp,
        _ tx: WriteTransaction
    ) throws -> [ContextEvent] {
        let sessions = try ContextSessionRepository.open(in: context, naming: participant, tenant, tx)
            .filter { $0.attributes.activeParticipants.contains(participant.rawValue) }
        return try sessions.map { session in
            var session = session
            session.attributes.activeParticipants.removeAll { $0 == participant.rawValue }
            session.version += 1
            session.lastActivityAt = now
            try ContextSessionRepository.update(session, context, tenant, tx)
            return event(.sessionUpdated, session, context)
        }
    }

    /// Ends a session that took longer than it may, unless something changed that meanwhile.
    func endOverdue(_ context: Context.ID, _ id: ContextSession.ID, _ tenant: TenantID) async throws {
        let now = clock.now
        try await store.write { tx in
            guard var owner = try? ContextRepository.lock(context, tenant, tx),
                var session = try? ContextSessionRepository.find(id, context, tenant, tx),
                let due = session.endsAt, due <= now
            else { return }
            try session.become(.failed, at: now, in: &owner)
            session.version += 1
            try ContextSessionRepository.update(session, context, tenant, tx)
            try ContextRepository.touch(owner, tx)
            let event = Self.event(.sessionChanged, session, context)
            try ContextEventRepository.append([event], .system(tenant), at: now, tx)
        }
        cache.changed(CollectionOfOne(context), tenant)
    }
}

extension ContextSession {
    /// Goes on to another state; one that ends leaves its place to others.
    fileprivate mutating func become(
        _ next: SessionStatus,
        at now: Timestamp,
        in context: inout Context
    ) throws(HeddleError) {
        status = try status.transition(to: next)
        guard !status.isOpen else { return }
        completedAt = now
        context.sessionCount -= 1
    }
}

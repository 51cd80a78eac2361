package import HeddleModel
import HeddleStore
import JSON

extension ContextService {
    /// A context that is being changed.
    private struct Edit {
        var context: Context
        /// What is said of it from now on; nil while that stays as it was.
        var attributes: ContextAttributes?

        /// Says something else of it.
        mutating func take(_ attributes: ContextAttributes) throws(HeddleError) {
            try context.take(attributes)
            self.attributes = attributes
        }
    }

    /// Changes a context in one transaction: locks it, checks its version, lets `change` decide, and stores it with events.
    private func edit(
        _ caller: Caller,
        _ id: Context.ID,
        ifVersion expected: Int?,
        _ change: @escaping @Sendable (inout Edit, Timestamp, WriteTransaction) throws -> [ContextEvent]
    ) async throws -> Context {
        let now = clock.now
        let context = try await store.write { tx -> Context in
            let old = try ContextRepository.lock(id, caller.tenant, tx)
            try old.require(version: expected)
            var edit = Edit(context: old)
            let events = try change(&edit, now, tx)
            var context = edit.context
            context.version += 1
            context.updatedAt = now
            context.lastActivityAt = now
            let attributes = try edit.attributes.map { attributes in
                (
                    new: try ContextRepository.Prepared(context, attributes, caller.tenant),
                    old: try ContextRepository.Prepared(old, old.attributes(), caller.tenant)
                )
            }
            try ContextRepository.update(context, from: old, attributes, caller.tenant, tx)
            try ContextEventRepository.append(events, caller, at: now, tx)
            return context
        }
        cache.changed(CollectionOfOne(id), caller.tenant)
        return context
    }

    /// Replaces what a client says of a context; the owner stays when the client does not say who it is.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `versionConflict`, `invalidStateTransition` for one that is over,
    ///   `contextFull` for bounds below what is there.
    package func replace(
        _ caller: Caller,
        _ id: Context.ID,
        with attributes: ContextAttributes,
        keepsOwner: Bool = false,
        ifVersion expected: Int?
    ) async throws -> Context {
        try await edit(caller, id, ifVersion: expected) { edit, _, _ in
            var attributes = attributes
            if keepsOwner { attributes.owner = try edit.context.attributes().owner }
            try edit.take(attributes)
            return [Self.updated(edit.context, ["attributes"])]
        }
    }

    /// Changes some of what a client says of a context, and its status.
    ///
    /// The patch is a merge patch (RFC 7396) of the object that a client sends to create it, and perhaps `status`.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `versionConflict`, `invalidRequest`, `invalidStateTransition`,
    ///   `contextFull`.
    package func update(
        _ caller: Caller,
        _ id: Context.ID,
        merging patch: JSONFields,
        ifVersion expected: Int?
    ) async throws -> Context {
        let wanted: ContextStatus? = try patch.choiceIfPresent("status")
        let changes = patch.view.members.filter { !$0.name.equals("status") }
        let names = changes.map { $0.name.string ?? "" }
        return try await edit(caller, id, ifVersion: expected) { edit, now, tx in
            var events: [ContextEvent] = []
            if !changes.isEmpty {
                let merged = try JSONMerging.merge(Array(edit.context.attributesText.utf8), with: changes)
                let fields = try JSONFields(
                    parsing: merged,
                    as: ContextAttributes.schema,
                    code: .invalidRequest,
                    "the context would not be what it should be"
                )
                try edit.take(try ContextAttributes(fields, ownedBy: caller.principal))
                events.append(Self.updated(edit.context, names))
            }
            if let wanted, wanted != edit.context.status {
                events += try Self.transition(&edit.context, to: wanted, caller, at: now, tx)
            }
            return events
        }
    }

    private static func updated(_ context: Context, _ members: [String]) -> ContextEvent {
        ContextEvent(.updated, context.id) { writer in
            writer.name("version")
            writer.integer(context.version + 1)
            writer.name("members")
            writer.strings(members)
        }
    }

    /// Takes a context on its way; to end it takes its participants and sessions along.
    private static func transition(
        _ context: inout Context,
        to wanted: ContextStatus,
        _ caller: Caller,
        at now: Timestamp,
        _ tx: WriteTransaction
    ) throws -> [ContextEvent] {
        let from = context.status
        guard wanted == .terminated || wanted == .terminating else {
            context.status = try from.transition(to: wanted)
            return [changed(context, from: from)]
        }
        context.status = try from.transition(to: .terminating).transition(to: .terminated)
        var events = try ParticipantRepository.leaveAll(context.id, caller.tenant, at: now, tx)
        events += try ContextSessionRepository.endAll(context.id, caller.tenant, at: now, tx)
        context.participantCount = 0
        context.sessionCount = 0
        return events + [changed(context, from: from)]
    }

    private static func changed(_ context: Context, from: ContextStatus) -> ContextEvent {
        ContextEvent(.stateChanged, context.id) { writer in
            writer.name("from")
            writer.string(from.rawValue)
            writer.name("to")
            writer.string(context.status.rawValue)
        }
    }

    /// Removes a context with everything in it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `versionConflict`.
    package func delete(_ caller: Caller, _ id: Context.ID, ifVersion expected: Int?) async throws {
        let now = clock.now
        try await store.write { tx in
            let context = try ContextRepository.lock(id, caller.tenant, tx)
            try context.require(version: expected)
            try Self.remove(context, "deleted", caller, at: now, tx)
        }
        cache.changed(CollectionOfOne(id), caller.tenant)
    }

    /// Removes a context whose time is over, unless something changed that meanwhile.
    func removeExpired(_ id: Context.ID, _ tenant: TenantID) async throws {
        let now = clock.now
        let caller = Caller.system(tenant)
        let isRemoved = try await store.write { tx -> Bool in
            guard let context = try? ContextRepository.lock(id, tenant, tx),
                let due = context.cleanUpAt(try context.attributes().configuration), due <= now
            else { return false }
            try Self.remove(context, "expired", caller, at: now, tx)
            return true
        }
        if isRemoved { cache.changed(CollectionOfOne(id), tenant) }
    }

    private static func remove(
        _ context: Context,
        _ reason: String,
        _ caller: Caller,
        at now: Timestamp,
        _ tx: WriteTransaction
    ) throws {
        var events: [ContextEvent] = []
        if context.participantCount > 0 {
            events += try ParticipantRepository.leaveAll(context.id, caller.tenant, at: now, tx)
        }
        if context.sessionCount > 0 {
            events += try ContextSessionRepository.endAll(context.id, caller.tenant, at: now, tx)
        }
        try ContextRepository.delete(context, caller.tenant, tx)
        events.append(
            ContextEvent(.deleted, context.id) { writer in
                writer.name("reason")
                writer.string(reason)
                writer.name("participants")
                writer.integer(context.participantCount)
            }
        )
        try ContextEventRepository.append(events, caller, at: now, tx)
    }
}

extension Context {
    /// Asks for the version that a client has seen.
    ///
    /// - Throws: ``HeddleError`` with `versionConflict`.
    func require(version expected: Int?) throws(HeddleError) {
        guard let expected, expected != version else { return }
        throw .versionConflict("the context", expected: expected, current: version)
    }

    /// Takes other attributes if what is there has room in them.
    fileprivate mutating func take(_ attributes: ContextAttributes) throws(HeddleError) {
        switch status {
        case .creating, .active, .paused: break
        case .terminating, .terminated:
            throw HeddleError(
                .invalidStateTransition,
                "the context is over and changes no more",
                details: ["context_id": id.rawValue, "status": status.rawValue]
            )
        }
        set(attributes)
        guard participantCount <= maxParticipants, sessionCount <= maxSessions else {
            throw HeddleError(
                .contextFull,
                "the context has more participants or sessions than that",
                details: [
                    "context_id": id.rawValue, "participant_count": String(participantCount),
                    "session_count": String(sessionCount),
                ]
            )
        }
    }
}

extension HeddleError {
    /// The error of an edit that was made to another version than the present one.
    static func versionConflict(_ what: String, expected: Int, current: Int) -> HeddleError {
        HeddleError(
            .versionConflict,
            "\(what) has changed since: it has version \(current) and not \(expected)",
            details: ["expected_version": String(expected), "current_version": String(current)]
        )
    }
}

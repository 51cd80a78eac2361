package import HeddleModel
import HeddleStore
import JSON
import JSONPatch

extension ContextService {
    /// How often a change is worked out anew because somebody else was quicker, before it is done where nobody can be.
    private static let attempts = 4

    /// The shared state of a context.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func state(_ caller: Caller, _ id: Context.ID) async throws -> SharedState {
        try await store.read { tx in
            _ = try ContextRepository.find(id, caller.tenant, tx)
            return try ContextStateRepository.find(id, caller.tenant, tx)
        }
    }

    /// Changes the shared state, as a whole or not at all.
    ///
    /// The new document is worked out beside other writes and stored if nobody changed the state meanwhile; a change that
    /// loses that race several times is worked out inside its transaction.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `syncConflict` (with `current_version` and, of a merge, the paths),
    ///   `patchFailed`, `bodyTooLarge`, `contextExpired`, `invalidStateTransition`.
    package func change(_ caller: Caller, _ id: Context.ID, _ change: StateChange) async throws -> SharedState {
        let now = clock.now
        for _ in 0..<Self.attempts {
            let step = try await store.read { tx in
                try ContextRepository.find(id, caller.tenant, tx).requireOpen(at: now)
                return try StateStep.Start(id, change, caller.tenant, tx)
            }
            let result = try StateStep(from: step, change, caller, at: now)
            let isStored = try await store.write { tx -> Bool in
                var context = try ContextRepository.lock(id, caller.tenant, tx)
                guard try ContextStateRepository.version(id, caller.tenant, tx) == step.current.version else {
                    return false
                }
                try result.store(&context, caller, at: now, tx)
                return true
            }
            if isStored { return finish(id, caller, result) }
        }
        let result = try await store.write { tx in
            var context = try ContextRepository.lock(id, caller.tenant, tx)
            let result = try StateStep(from: StateStep.Start(id, change, caller.tenant, tx), change, caller, at: now)
            try result.store(&context, caller, at: now, tx)
            return result
        }
        return finish(id, caller, result)
    }

    private func finish(_ id: Context.ID, _ caller: Caller, _ step: StateStep) -> SharedState {
        cache.changed(CollectionOfOne(id), caller.tenant)
        return step.state
    }

    /// What happened since a version that a client has: its changes, or the whole document when those are gone.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `invalidRequest` for a version that is yet to come.
    package func changes(_ caller: Caller, _ id: Context.ID, since version: Int) async throws -> [UInt8] {
        try await store.read { tx in
            _ = try ContextRepository.find(id, caller.tenant, tx)
            let current = try ContextStateRepository.version(id, caller.tenant, tx)
            guard version <= current else {
                throw HeddleError(
                    .invalidRequest,
                    "the state has version \(current) and never had \(version)",
                    details: ["field": "since", "current_version": String(current)]
                )
            }
            let changes = try ContextStateRepository.changes(since: version, id, caller.tenant, limit: 1000, tx)
            let isComplete = changes.first.map { $0.version == version + 1 } ?? (version == current)
            return try Self.delta(
                id,
                since: version,
                changes: isComplete ? changes : [],
                whole: isComplete ? nil : ContextStateRepository.find(id, caller.tenant, tx),
                current: current
            )
        }
    }

    private static func delta(
        _ id: Context.ID,
        since version: Int,
        changes: [ContextStateRepository.Change],
        whole: SharedState?,
        current: Int
    ) throws -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("context_id")
        writer.string(id.rawValue)
        writer.name("base_version")
        writer.integer(version)
        writer.name("target_version")
        writer.integer(whole?.version ?? changes.last?.version ?? version)
        writer.name("current_version")
        writer.integer(current)
        writer.name("changes")
        writer.beginArray()
        for change in changes {
            writer.beginObject()
            writer.name("version")
            writer.integer(change.version)
            writer.name("checksum")
            writer.string(change.checksum)
            writer.time("changed_at", change.changedAt)
            writer.name("changed_by")
            writer.string(change.changedBy)
            writer.name("operations")
            writer.raw(change.operations[...])
            writer.endObject()
        }
        writer.endArray()
        if let whole {
            writer.name("snapshot")
            writer.beginObject()
            whole.writeHead(to: &writer)
            writer.name("document")
            writer.raw(whole.document.root)
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }

    /// The state as it was in an earlier version.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, or `stateNotFound` when its changes are not kept any more.
    package func state(_ caller: Caller, _ id: Context.ID, version: Int) async throws -> SharedState {
        try await store.read { tx in
            _ = try ContextRepository.find(id, caller.tenant, tx)
            let current = try ContextStateRepository.find(id, caller.tenant, tx)
            return try StateStep.rewind(current, to: version, id, caller.tenant, tx)
        }
    }
}

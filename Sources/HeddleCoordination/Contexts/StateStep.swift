import HeddleModel
import HeddleStore
import JSON
import JSONPatch

/// One change of a shared state, worked out: the next version and how it differs from the last.
struct StateStep: Sendable {
    /// What a change is worked out from.
    struct Start: Sendable {
        let id: Context.ID
        let current: SharedState
        /// The version that the client has seen, when others have changed the state since and it is to be merged.
        let base: SharedState?

        init(_ id: Context.ID, _ change: StateChange, _ tenant: TenantID, _ tx: ReadTransaction) throws {
            self.id = id
            current = try ContextStateRepository.find(id, tenant, tx)
            if let expected = change.expected, expected != current.version {
                throw Self.conflict(expected, current)
            }
            guard let version = change.base, version != current.version else {
                base = nil
                return
            }
            switch change.strategy {
            case .lastWriteWins where version < current.version: base = nil
            case .merge where version < current.version:
                do {
                    base = try StateStep.rewind(current, to: version, id, tenant, tx)
                } catch let error as HeddleError where error.code == .stateNotFound {
                    throw Self.conflict(version, current)
                }
            case .reject, .lastWriteWins, .merge: throw Self.conflict(version, current)
            }
        }

        private static func conflict(_ version: Int, _ current: SharedState) -> HeddleError {
            HeddleError(
                .syncConflict,
                "the state has version \(current.version) and not \(version)",
                details: [
                    "base_version": String(version), "current_version": String(current.version),
                    "checksum": current.checksum,
                ]
            )
        }
    }

    let id: Context.ID
    let state: SharedState
    private let change: ContextStateRepository.Change

    /// Works a change out.
    ///
    /// - Throws: ``HeddleError`` with `syncConflict`, `patchFailed`, `bodyTooLarge`.
    init(from start: Start, _ change: StateChange, _ caller: Caller, at now: Timestamp) throws(HeddleError) {
        id = start.id
        let old = start.current
        let document = try Self.document(start, change)
        state = SharedState(document, version: old.version + 1, updatedAt: now, updatedBy: caller.principal)
        let difference = JSONDifference(from: old.document.root, to: document.root)
        self.change = ContextStateRepository.Change(
            version: state.version,
            checksum: state.checksum,
            changedAt: now,
            changedBy: caller.principal,
            operations: difference.patch.bytes,
            inverse: difference.inverse.bytes
        )
    }

    private static func document(_ start: Start, _ change: StateChange) throws(HeddleError) -> JSONDocument {
        guard let base = start.base else { return try change.apply(to: start.current.document) }
        let theirs = try change.apply(to: base.document)
        let merge = JSONMerge(base: base.document.root, ours: start.current.document.root, theirs: theirs.root)
        guard let merged = merge.merged else {
            let paths = merge.conflicts.prefix(20).map(\.path.text).joined(separator: ", ")
            throw HeddleError(
                .syncConflict,
                "others have changed the same since version \(base.version): \(paths.clipped(400))",
                details: [
                    "base_version": String(base.version), "current_version": String(start.current.version),
                    "conflicts": String(merge.conflicts.count), "paths": paths.clipped(2000),
                ]
            )
        }
        return try StateChange.document(merged)
    }

    /// Stores the next version in a context that is locked.
    func store(_ context: inout Context, _ caller: Caller, at now: Timestamp, _ tx: WriteTransaction) throws {
        try context.requireOpen(at: now)
        try ContextStateRepository.store(state, id, caller.tenant, tx)
        try ContextStateRepository.append(change, id, caller.tenant, tx)
        context.lastActivityAt = now
        try ContextRepository.touch(context, hasOtherCounts: false, tx)
        let event = ContextEvent(.sharedStateUpdated, id) { writer in
            writer.name("version")
            writer.integer(state.version)
            writer.name("base_version")
            writer.integer(state.version - 1)
            writer.name("checksum")
            writer.string(state.checksum)
        }
        try ContextEventRepository.append([event], caller, at: now, tx)
    }

    /// Bytes that going back may write in all: each change makes the document anew.
    private static let mostRewound = 256 << 20

    /// Goes back from the present version to an earlier one, change by change.
    ///
    /// - Throws: ``HeddleError`` with `stateNotFound` when one of the changes is not kept any more.
    static func rewind(
        _ current: SharedState,
        to version: Int,
        _ id: Context.ID,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> SharedState {
        guard version != current.version else { return current }
        let changes = try ContextStateRepository.changes(since: version, id, tenant, limit: 1001, tx)
        guard version >= 0, version < current.version, changes.count == current.version - version,
            changes.first?.version == version + 1
        else {
            throw HeddleError(
                .stateNotFound,
                "version \(version) of the state is not kept any more",
                details: ["version": String(version), "current_version": String(current.version)]
            )
        }
        guard changes.count <= mostRewound / max(1, current.document.bytes.count) else {
            throw HeddleError(
                .stateNotFound,
                "version \(version) is too many changes of too large a state ago to be made again",
                details: ["version": String(version), "current_version": String(current.version)]
            )
        }
        var document = current.document
        for change in changes.reversed() {
            do throws(JSONPatchError) {
                document = try JSONPatch(parsing: change.inverse).apply(to: document)
            } catch {
                throw HeddleError(.internalError, "a stored change does not fit its state", cause: error)
            }
        }
        return SharedState(document, version: version, updatedAt: nil, updatedBy: nil)
    }
}

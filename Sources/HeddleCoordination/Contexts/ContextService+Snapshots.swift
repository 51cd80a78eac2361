package import HeddleModel
import HeddleStore
import JSON

extension ContextService {
    /// Keeps the present shared state under a name.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, or `contextFull` when there are as many as may be.
    package func takeSnapshot(_ caller: Caller, _ id: Context.ID, name: String?) async throws -> [UInt8] {
        let now = clock.now
        let snapshotID = Context.ID().rawValue
        return try await store.write { tx in
            _ = try ContextRepository.lock(id, caller.tenant, tx)
            let count = try ContextStateRepository.snapshots(id, caller.tenant, tx).count
            guard count < ContextStateRepository.mostSnapshots else {
                throw HeddleError(
                    .contextFull,
                    "a context has at most \(ContextStateRepository.mostSnapshots) snapshots; remove one first",
                    details: ["limit": "snapshots", "value": String(ContextStateRepository.mostSnapshots)]
                )
            }
            let state = try ContextStateRepository.find(id, caller.tenant, tx)
            let snapshot = ContextStateRepository.Snapshot(
                id: snapshotID,
                version: state.version,
                label: name,
                checksum: state.checksum,
                createdAt: now,
                createdBy: caller.principal,
                byteCount: state.document.bytes.count
            )
            try ContextStateRepository.insert(snapshot, state.document.bytes, id, caller.tenant, tx)
            let event = ContextEvent(.snapshotCreated, id) { snapshot.write(to: &$0) }
            try ContextEventRepository.append([event], caller, at: now, tx)
            return Self.bytes(snapshot, nil)
        }
    }

    /// The snapshots of a context, the newest first, as clients see them.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func snapshots(_ caller: Caller, _ id: Context.ID) async throws -> [UInt8] {
        try await store.read { tx in
            _ = try ContextRepository.find(id, caller.tenant, tx)
            let snapshots = try ContextStateRepository.snapshots(id, caller.tenant, tx)
            return JSONPage(snapshots, limit: ContextStateRepository.mostSnapshots, cursor: \.id)
                .bytes { snapshot, writer in
                    writer.beginObject()
                    snapshot.write(to: &writer)
                    writer.endObject()
                }
        }
    }

    /// A snapshot with its document.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `snapshotNotFound`.
    package func snapshot(_ caller: Caller, _ id: Context.ID, _ snapshotID: String) async throws -> [UInt8] {
        try await store.read { tx in
            _ = try ContextRepository.find(id, caller.tenant, tx)
            let (snapshot, document) = try ContextStateRepository.snapshot(snapshotID, id, caller.tenant, tx)
            return Self.bytes(snapshot, document)
        }
    }

    private static func bytes(_ snapshot: ContextStateRepository.Snapshot, _ document: JSONDocument?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        snapshot.write(to: &writer)
        if let document {
            writer.name("document")
            writer.raw(document.root)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Forgets a snapshot.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `snapshotNotFound`.
    package func deleteSnapshot(_ caller: Caller, _ id: Context.ID, _ snapshotID: String) async throws {
        try await store.write { tx in
            _ = try ContextRepository.lock(id, caller.tenant, tx)
            try ContextStateRepository.deleteSnapshot(snapshotID, id, caller.tenant, tx)
        }
    }

    /// Puts an earlier state in place of the present one, as a change like any other.
    ///
    /// It is a snapshot's or, without one, that of a version. The expected version is the one that the state must have now.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `snapshotNotFound`, `stateNotFound`, `syncConflict`.
    package func restore(
        _ caller: Caller,
        _ id: Context.ID,
        snapshot snapshotID: String?,
        version: Int?,
        ifVersion expected: Int?
    ) async throws -> SharedState {
        let document =
            if let snapshotID {
                try await store.read { tx in
                    _ = try ContextRepository.find(id, caller.tenant, tx)
                    return try ContextStateRepository.snapshot(snapshotID, id, caller.tenant, tx).document
                }
            } else {
                try await state(caller, id, version: version ?? 0).document
            }
        return try await change(
            caller,
            id,
            StateChange(.replace(document), base: nil, strategy: .reject, expected: expected)
        )
    }
}

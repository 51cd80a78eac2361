package import HeddleModel
package import JSON
import NIOHTTP1

/// The documents that the participants of contexts share.
extension HeddleClient {
    /// What a change of a shared state is made to, and what becomes of it when others were quicker.
    package struct StateBase: Sendable {
        /// The version that was seen; nil for whatever is there.
        package var version: Int?
        /// `reject`, `last_write_wins` or `merge`.
        package var strategy: String?

        package init(version: Int? = nil, strategy: String? = nil) {
            self.version = version
            self.strategy = strategy
        }

        fileprivate var query: String {
            PercentEncoding.query([("base_version", version.map(String.init)), ("on_conflict", strategy)])
        }
    }

    /// The longest that a change of a large document is waited for.
    private static var patience: Duration { .seconds(120) }

    /// The shared state, or what is at a JSON pointer in it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `stateNotFound`.
    package func state(
        of context: String,
        path: String? = nil,
        version: Int? = nil
    ) async throws(HeddleError) -> SharedStateResource {
        let query = PercentEncoding.query([("path", path), ("version", version.map(String.init))])
        return try SharedStateResource(await value(.GET, Self.context(context, "state") + query))
    }

    /// Replaces the shared state.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `syncConflict`, `bodyTooLarge`.
    package func replaceState(
        of context: String,
        _ document: JSONValue,
        _ base: StateBase = StateBase()
    ) async throws(HeddleError) -> SharedStateResource {
        let path = Self.context(context, "state") + base.query
        return try SharedStateResource(await value(.PUT, path, body: document, timeout: Self.patience))
    }

    /// Changes the shared state by a JSON patch, or by a merge patch.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `syncConflict`, `patchFailed`, `invalidRequest`.
    package func patchState(
        of context: String,
        _ patch: JSONValue,
        merges: Bool,
        _ base: StateBase = StateBase()
    ) async throws(HeddleError) -> SharedStateResource {
        let type = merges ? "application/merge-patch+json" : "application/json-patch+json"
        let path = Self.context(context, "state") + base.query
        return try SharedStateResource(
            await value(.PATCH, path, body: patch, headers: [("content-type", type)], timeout: Self.patience)
        )
    }

    /// The changes since a version, or the whole document when they are not kept any more.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `invalidRequest`.
    package func stateChanges(of context: String, since version: Int) async throws(HeddleError) -> JSONValue {
        try await value(.GET, Self.context(context, "state", "changes") + "?since=\(version)")
    }

    /// Keeps the present state.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `tooManyRequests` when there are as many as may be.
    package func takeSnapshot(of context: String, name: String?) async throws(HeddleError) -> SnapshotResource {
        var body = JSONObject()
        body["name"] = name.map(JSONValue.string)
        return try SnapshotResource(
            await value(.POST, Self.context(context, "state", "snapshots"), body: .object(body))
        )
    }

    /// The snapshots of a context, the newest first.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func snapshots(of context: String) async throws(HeddleError) -> Page<SnapshotResource> {
        try Page(await value(.GET, Self.context(context, "state", "snapshots")))
    }

    /// Forgets a snapshot.
    ///
    /// - Throws: ``HeddleError`` with `snapshotNotFound`.
    package func deleteSnapshot(_ id: String, of context: String) async throws(HeddleError) {
        _ = try await send(.DELETE, Self.context(context, "state", "snapshots", PercentEncoding.encode(id)))
    }

    /// Puts a snapshot or an earlier version in place of the present state.
    ///
    /// - Throws: ``HeddleError`` with `snapshotNotFound`, `stateNotFound`, `invalidRequest`.
    package func restoreState(
        of context: String,
        snapshot: String?,
        version: Int?
    ) async throws(HeddleError) -> SharedStateResource {
        var body = JSONObject()
        body["snapshot_id"] = snapshot.map(JSONValue.string)
        body["version"] = version.map(JSONValue.integer)
        return try SharedStateResource(
            await value(.POST, Self.context(context, "state", "restore"), body: .object(body), timeout: Self.patience)
        )
    }
}

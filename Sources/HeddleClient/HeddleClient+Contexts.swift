package import HeddleModel
package import JSON
import NIOHTTP1

/// Contexts, their participants, sessions, metadata and events.
extension HeddleClient {
    /// The path of a context, or of something in it.
    static func context(_ id: String, _ parts: String...) -> String {
        (["/api/v1/contexts", PercentEncoding.encode(id)] + parts).joined(separator: "/")
    }

    // MARK: Contexts

    /// Creates a context.
    ///
    /// - Parameters:
    ///   - body: What is said of it.
    ///   - idempotencyKey: The same key gives the same context.
    /// - Returns: The context with its join token.
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    package func createContext(
        _ body: JSONValue,
        idempotencyKey: String? = nil
    ) async throws(HeddleError) -> ContextResource {
        let headers = idempotencyKey.map { [("idempotency-key", $0)] } ?? []
        return try ContextResource(await value(.POST, "/api/v1/contexts", body: body, headers: headers))
    }

    /// Creates contexts, all or none.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`, whose violations name the index of what is wrong.
    package func createContexts(_ bodies: [JSONValue]) async throws(HeddleError) -> Page<ContextResource> {
        try Page(await value(.POST, "/api/v1/contexts/batch", body: ["contexts": .array(bodies)]))
    }

    /// Some contexts, the newest first.
    ///
    /// - Parameters:
    ///   - query: The filters by their names.
    ///   - limit: How many at most.
    ///   - cursor: Where an earlier list ended.
    /// - Returns: The contexts, and the cursor of what follows.
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    package func contexts(
        matching query: [(String, String?)] = [],
        limit: Int = 100,
        cursor: String? = nil
    ) async throws(HeddleError) -> Page<ContextResource> {
        try await pages("/api/v1/contexts", query, limit: limit, cursor: cursor)
    }

    /// A context, perhaps with more of what it has.
    ///
    /// - Parameters:
    ///   - id: The context.
    ///   - parts: Some of `participants`, `sessions` and `access`.
    /// - Returns: The context.
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func showContext(_ id: String, including parts: [String] = []) async throws(HeddleError) -> ContextResource
    {
        let query = PercentEncoding.query([("include", parts.isEmpty ? nil : parts.joined(separator: ","))])
        return try ContextResource(await value(.GET, Self.context(id) + query))
    }

    /// A context as an object of the MPLP schemas.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func mplpContext(_ id: String) async throws(HeddleError) -> JSONValue {
        try await value(.GET, Self.context(id) + "?format=mplp")
    }

    /// Changes a context by a merge patch, or replaces what is said of it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `versionConflict`, `invalidRequest`, `invalidStateTransition`.
    package func updateContext(
        _ id: String,
        _ body: JSONValue,
        replaces: Bool = false,
        ifVersion version: Int? = nil
    ) async throws(HeddleError) -> ContextResource {
        let method: HTTPMethod = replaces ? .PUT : .PATCH
        return try ContextResource(
            await value(method, Self.context(id), body: body, headers: Self.ifMatch(version))
        )
    }

    /// Removes a context with everything in it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `versionConflict`.
    package func deleteContext(_ id: String, ifVersion version: Int? = nil) async throws(HeddleError) {
        _ = try await send(.DELETE, Self.context(id), headers: Self.ifMatch(version))
    }

    /// Creates a context like another one.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func cloneContext(
        _ id: String,
        name: String?,
        copiesState: Bool
    ) async throws(HeddleError) -> ContextResource {
        var body = JSONObject()
        body["name"] = name.map(JSONValue.string)
        body["copy_state"] = .bool(copiesState)
        return try ContextResource(await value(.POST, Self.context(id, "clone"), body: .object(body)))
    }

    /// What all contexts come to.
    ///
    /// - Throws: ``HeddleError``.
    package func contextStatistics() async throws(HeddleError) -> JSONValue {
        try await value(.GET, "/api/v1/contexts/statistics")
    }

    /// How well a context is.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func contextHealth(_ id: String) async throws(HeddleError) -> JSONValue {
        try await value(.GET, Self.context(id, "health"))
    }

    /// What happened to a context, the oldest first.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func contextEvents(
        _ id: String,
        limit: Int,
        cursor: String? = nil
    ) async throws(HeddleError) -> Page<ContextEventResource> {
        try await pages(Self.context(id, "events"), [], limit: limit, cursor: cursor)
    }

    static func ifMatch(_ version: Int?) -> [(String, String)] {
        version.map { [("if-match", "\"\($0)\"")] } ?? []
    }
}
